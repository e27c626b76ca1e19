import { describe, expect, test } from 'vitest'
import { permissionReason } from '../routing/decision/admissibility.ts'
import { defaultPreference } from '../routing/decision/routing-preference.ts'
import type { CandidateTerms, RoutingDecision } from '../routing/decision.ts'
import { RoutingError } from '../routing/errors.ts'
import { unknownLlmProperties } from '../routing/registry/llm.ts'
import type { LlmAlias } from '../routing/registry/llm-aliases.ts'
import { LlmRegistry } from '../routing/registry/llm-registry.ts'
import { plainRequest, type RoutingRequest } from '../routing/request.ts'
import type { RequestRouter } from './gateway-parts.ts'
import { namedFallbacks } from './named-fallbacks.ts'

/** Admits by permission alone, as far as these tests ask. */
function routerOf(fallbacks: Readonly<Record<string, readonly string[]>>, aliases: readonly LlmAlias[] = []) {
  const llms = ['a', 'b', 'c', 'd'].map((id) => ({
    ...{ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id },
    ...(fallbacks[id] === undefined ? {} : { fallbacks: fallbacks[id] }),
  }))
  const pool = new LlmRegistry(llms, aliases)
  const asked: (string | undefined)[] = []
  const router: Pick<RequestRouter, 'pool' | 'route'> = {
    pool,
    async route(request) {
      asked.push(request.pinnedLlm)
      const llm = pool.require(request.pinnedLlm ?? 'a')
      if (permissionReason(llm, request.preference) !== undefined) throw new RoutingError('no_admissible_llm', 'no')
      return decisionOf([llm.id], true)
    },
  }
  return { router: router as RequestRouter, asked }
}

function decisionOf(candidates: readonly string[], pinned: boolean): RoutingDecision {
  const terms = candidates.map((llm) => ({ llm, costP90Usd: 0.5 }) as CandidateTerms)
  return { drawn: candidates[0], candidates: terms, pinned, keyId: 'k' } as unknown as RoutingDecision
}

async function orderOf(
  parts: ReturnType<typeof routerOf>,
  decision: RoutingDecision,
  request: Partial<RoutingRequest> = {},
): Promise<readonly string[]> {
  const found = await namedFallbacks(parts.router, decision, plainRequest('hi', request))
  return found.map(({ llm }) => llm)
}

describe('namedFallbacks', () => {
  test('are those of the named LLM, in their order, each once', async () => {
    const parts = routerOf({ a: ['c', 'b', 'c', 'a', 'gone'] })
    expect(await orderOf(parts, decisionOf(['a'], true))).toEqual(['c', 'b'])
    expect(await orderOf(parts, decisionOf(['b'], true))).toEqual([])
  })

  test('are none where the router had the choice of all', async () => {
    const parts = routerOf({ a: ['c'] })
    expect(await orderOf(parts, decisionOf(['a', 'b'], false))).toEqual([])
    expect(parts.asked).toEqual([])
  })

  test('leave out whom caller or key do not admit', async () => {
    const parts = routerOf({ a: ['b', 'c', 'd'] })
    const preference = { ...defaultPreference, allow: [['a', 'b', 'c']], deny: ['b'] }
    expect(await orderOf(parts, decisionOf(['a'], true), { preference })).toEqual(['c'])
  })

  test('of a choice that an alias names are not bound by the alias, but by what the caller says', async () => {
    const among = ['a', 'b']
    const parts = routerOf({ a: ['b', 'c', 'd'] }, [['both', 'auto', among]])
    const preference = { ...defaultPreference, allow: [among, ['a', 'b', 'd']] }
    expect(await orderOf(parts, decisionOf(['a', 'b'], false), { preference })).toEqual(['d'])
    const sameByCaller = { ...defaultPreference, allow: [['a', 'b']] }
    expect(await orderOf(parts, decisionOf(['a', 'b'], false), { preference: sameByCaller })).toEqual([])
  })
})
