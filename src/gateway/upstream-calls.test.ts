import { describe, expect, test } from 'vitest'
import { ScriptedProvider, scriptedCompletion } from '../providers/scripted/scripted-provider.ts'
import { defaultPreference } from '../routing/decision/routing-preference.ts'
import type { CandidateTerms, RoutingDecision } from '../routing/decision.ts'
import { unknownLlmProperties } from '../routing/registry/llm.ts'
import { LlmRegistry } from '../routing/registry/llm-registry.ts'
import type { RequestRouter } from './gateway-parts.ts'
import { UpstreamCalls } from './upstream-calls.ts'

const call = { upstreamModel: 'm', request: { messages: [] } }
const observed = { timeToFirstTokenMs: undefined, completionMs: 5, outputTokens: 3 }

function decisionOf(utilities: Readonly<Record<string, number>>, drawn: string, pinned = false): RoutingDecision {
  const candidates = Object.entries(utilities).map(
    ([llm, utility]): CandidateTerms => ({
      ...{ llm, utility, qualitySource: 'prior', offlineQuality: 0.5, quality: 0.5, uncertainty: 0.1 },
      ...{
        outputTokens: 1,
        offlineCostUsd: 0,
        costUsd: 0,
        costP90Usd: 0,
        completionMs: 1,
        latencyPenalty: 0,
        probability: 0.5,
      },
    }),
  )
  return {
    ...{ id: 'd1', createdAtMs: 0, keyId: undefined, conversationId: undefined, policyVersion: 'unfitted' },
    ...{ labelSequence: 0, cold: true, pinned, preference: defaultPreference, inputTokens: 1, excluded: [] },
    ...{ rule: 'utility', maxOutputTokens: undefined },
    choices: 1,
    context: { embedderId: 'none', embedding: new Float32Array(0), explicit: new Float32Array(0) },
    candidates,
    drawn,
    propensity: 0.5,
    budgetDual: 0,
    experiment: undefined,
  }
}

/** Calls over a pool of a, b, c and d, and what the router was told. */
function callsFor(
  decision: RoutingDecision,
  maxFallbacks = 3,
  pool: readonly string[] = ['a', 'b', 'c', 'd'],
  affordable: readonly string[] = pool,
) {
  const told: unknown[] = []
  const lengths: unknown[] = []
  const llms = pool.map((id) => ({ ...unknownLlmProperties, id, provider: 'p', upstreamModel: `up-${id}` }))
  const router: RequestRouter = {
    pool: new LlmRegistry(llms),
    route: () => Promise.reject(new Error('not here')),
    callStarted: (llm, outputTokens) => {
      told.push(['started', llm])
      lengths.push(outputTokens)
      return llm === 'b' ? 7 : 0
    },
    callEnded: (llm, seen, outputTokens) => {
      told.push(['ended', llm, seen])
      lengths.push(outputTokens)
    },
    recordOutcome: () => {},
  }
  const provider = new ScriptedProvider({ answers: [{ completion: scriptedCompletion('4') }] })
  const clock = { now: () => 42 }
  const reserveMore = (llm: string) => {
    told.push(['reserve', llm])
    return affordable.includes(llm)
  }
  const calls = new UpstreamCalls({ router, providerFor: () => provider, clock }, decision, maxFallbacks, reserveMore)
  return { calls, told, lengths }
}

describe('UpstreamCalls', () => {
  const utilities = { a: 0.1, b: 0.9, c: 0.5, d: 0.7 }

  test('calls the drawn LLM first, then the others by utility', () => {
    const { calls } = callsFor(decisionOf(utilities, 'c'))
    expect(calls.targets.map(({ llmId, upstreamModel }) => [llmId, upstreamModel])).toEqual([
      ['c', 'up-c'],
      ['b', 'up-b'],
      ['d', 'up-d'],
      ['a', 'up-a'],
    ])
  })

  test('tries no more fallbacks than allowed, none for a named LLM, and none that has left the pool', () => {
    const idsOf = ({ calls }: ReturnType<typeof callsFor>) => calls.targets.map(({ llmId }) => llmId)
    expect(idsOf(callsFor(decisionOf(utilities, 'c'), 1))).toEqual(['c', 'b'])
    expect(idsOf(callsFor(decisionOf(utilities, 'c', true)))).toEqual(['c'])
    expect(idsOf(callsFor(decisionOf(utilities, 'c'), 3, ['a', 'd']))).toEqual(['d', 'a'])
  })

  test('tells when a call begins and when it ends how long each answer was expected to be', async () => {
    const { calls, lengths } = callsFor({ ...decisionOf(utilities, 'c'), choices: 4 })
    await calls.targets[0]?.provider.complete(call, new AbortController().signal)
    calls.end(observed)
    expect(lengths).toEqual([0.25, 0.25])
  })

  test('counts one call in flight at a time, over retries and fallbacks', async () => {
    const { calls, told } = callsFor(decisionOf(utilities, 'c'))
    const [c, b] = calls.targets
    const { signal } = new AbortController()
    expect(calls.firstCallAtMs).toBeUndefined()
    await c?.provider.complete(call, signal)
    await c?.provider.complete(call, signal)
    expect(calls.firstCallAtMs).toBe(42)
    b?.provider.stream(call, signal)
    calls.end(observed)
    calls.end(observed)
    expect(told).toEqual([
      ['started', 'c'],
      ['reserve', 'b'],
      ['ended', 'c', undefined],
      ['started', 'b'],
      ['ended', 'b', { ...observed, inFlightAtStart: 7 }],
    ])
  })

  test('a further LLM is called only where money can be set aside for it', async () => {
    const { calls, told } = callsFor(decisionOf(utilities, 'c'), 3, ['a', 'b', 'c'], ['a'])
    const [c, b, a] = calls.targets
    const { signal } = new AbortController()
    await c?.provider.complete(call, signal)
    await expect(b?.provider.complete(call, signal)).rejects.toMatchObject({ code: 'upstream_unavailable' })
    expect(() => b?.provider.stream(call, signal)).toThrow(expect.objectContaining({ code: 'upstream_unavailable' }))
    await a?.provider.complete(call, signal)
    await a?.provider.complete(call, signal)
    expect(calls.called).toEqual(['c', 'a'])
    expect(told).toEqual([
      ['started', 'c'],
      ['reserve', 'b'],
      ['reserve', 'b'],
      ['reserve', 'a'],
      ['ended', 'c', undefined],
      ['started', 'a'],
    ])
  })
})
