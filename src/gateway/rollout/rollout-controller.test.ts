import { describe, expect, test } from 'vitest'
import { defaultPromotion } from '../../proof/promotion/promotion-test.ts'
import type { RolloutOptions } from '../../proof/promotion/rollout-trial.ts'
import { defaultExploration } from '../../routing/decision/choice.ts'
import type { LoggedDecision } from '../../routing/decision-store.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../../routing/prediction/completion-time-model.ts'
import type { CostPredictor } from '../../routing/prediction/cost-predictor.ts'
import { fittedPolicy } from '../../routing/prediction/fitted-policy.ts'
import { LevelMap } from '../../routing/prediction/level-map.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { plainRequest } from '../../routing/request.ts'
import { Router } from '../../routing/router.ts'
import { RoutingPolicy } from '../../routing/routing-policy.ts'
import { MemoryPolicyStore } from '../../training/__fixtures__/memory-policy-store.ts'
import { discardCandidate, proposeCandidate } from '../../training/rollout.ts'
import { toRolloutBody } from '../wire/rollout-body.ts'
import { RolloutController, type RolloutParts } from './rollout-controller.ts'

const ids = ['a', 'b']
/** What answers are worth. */
const truth = [0.4, 0.8]
const pool: readonly Llm[] = ids.map((id) => ({ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id }))
const embedder = { id: 'test', dimension: 1, embed: () => Float32Array.of(1) }
const cost: CostPredictor = {
  llms: ids,
  predict(_context, _size, llms, out) {
    for (let i = 0; i < llms.length; i++) {
      out.outputTokens[i] = out.outputTokensP90[i] = 100
      out.offlineCostUsd[i] = out.costUsd[i] = out.costUsdP90[i] = 0.001
    }
  },
  observe() {},
  snapshot: () => null,
}

function policy(id: string, quality: readonly number[], costs = cost): RoutingPolicy {
  const fitted = fittedPolicy({
    formatVersion: 1,
    id,
    createdAtMs: 0,
    description: '',
    embedderId: 'test',
    costReferenceUsd: 0.001,
    quality: {
      llms: ids,
      predict: (_, out) => out.set(quality),
      snapshot: () => ({ formatVersion: 1, kind: 'test' }),
    },
    cost: costs,
    noise: Float64Array.of(0.1, 0.1),
    levels: LevelMap.fit(Float64Array.of(0, 1), Float64Array.of(0, 1)),
    llms: ids.map((llm, i) => ({
      id: llm,
      source: 'fitted',
      priceAtFit: undefined,
      labels: 50,
      meanQuality: quality[i]!,
      meanCostUsd: 0.001,
    })),
  })
  return new RoutingPolicy({ embedder, fitted, pool })
}

const wrong = [0.7, 0.5]
const right = [0.4, 0.8]
const options: RolloutOptions = {
  ...defaultPromotion,
  shadowDecisions: 50,
  maxUnits: 3_000,
  mode: 'auto',
  labelWindowMs: 1_000,
  conversationMs: 60_000,
  maxSilenceMs: 86_400_000,
}

/** A gateway of one router and an empty log, whose clock stands still unless requests come. */
async function world(served: RoutingPolicy, tried: RoutingPolicy | undefined, changes: Partial<RolloutOptions> = {}) {
  const policies = new MemoryPolicyStore()
  for (const id of ['v1', 'v2']) {
    await policies.saveVersion({ id, createdAtMs: 0, embedderId: 'test', description: '', snapshot: null })
  }
  await policies.saveEmbedder('test', null)
  await proposeCandidate(policies, 'v2', { atMs: 0, detail: 'refit' })
  let nowMs = 0
  let count = 0
  const log: LoggedDecision[] = []
  const idAt = (ms: number) => String(Math.floor(ms)).padStart(12, '0')
  const router = new Router(
    {
      pool: new LlmRegistry(pool),
      policy: served,
      times: new CompletionTimeModel(),
      random: new SeededRandom(5),
      clock: { now: () => nowMs },
      newId: () => `${idAt(nowMs)}-${++count}`,
    },
    { exploration: { ...defaultExploration, floor: 0.2, floorPrice: 1, price: 0.1 } },
  )
  const labels = new SeededRandom(8)
  const parts: RolloutParts = {
    router,
    policies,
    decisions: {
      logged: async (after, limit) => {
        const from = log.findIndex(({ decision }) => decision.id > after)
        return from === -1 ? [] : log.slice(from, from + limit)
      },
    },
    candidate: () => ({ id: 'v2', policy: tried, fault: new Error('no such file') }),
    changed: async () => {
      const { servingId } = await policies.rollout()
      if (servingId === 'v2') router.load(tried!)
    },
    lambda: 20,
    clock: { now: () => nowMs },
    newSalt: () => 'secret',
    idAt,
    log: { info() {}, warn() {}, error: (fields) => expect.fail(String((fields as { err: unknown }).err)) },
  }
  const request = async () => {
    nowMs += 100
    const decision = await router.route(plainRequest('hello'), { keyId: undefined, budgetUsd: undefined })
    const value = Number(labels.next() < truth[ids.indexOf(decision.drawn)]!)
    const label = { sequence: count, llm: decision.drawn, source: 'user', kind: 'score', value, weight: 1 } as const
    log.push({ decision, settlement: settled(decision.id, decision.drawn), labels: [label] })
  }
  return { parts, policies, router, request, options: { ...options, ...changes } }
}

function settled(decisionId: string, answered: string): NonNullable<LoggedDecision['settlement']> {
  return {
    decisionId,
    settledAtMs: 0,
    status: 'completed',
    answered,
    reportedModel: undefined,
    usage: undefined,
    costNanoUsd: 1_000_000,
    billedNanoUsd: 1_000_000,
    streamed: false,
    timeToFirstTokenMs: undefined,
    completionMs: 1,
    overheadMs: 0,
    attempts: [],
  }
}

/** Serves until the candidate is promoted or held. @param everyStep what looks at the trial, each time. */
async function serve(
  { parts, policies, request, options: given }: Awaited<ReturnType<typeof world>>,
  everyStep = new RolloutController(parts, given),
  next: (controller: RolloutController) => RolloutController = (controller) => controller,
) {
  let controller = everyStep
  for (let i = 0; i < 5_000; i++) {
    if (i % 20 === 0) {
      await controller.step()
      controller = next(controller)
      const { candidate } = await policies.rollout()
      if (candidate === undefined || candidate.phase === 'held') break
    }
    await request()
  }
  return { controller, rollout: await policies.rollout(), kinds: policies.events.map(({ kind }) => kind) }
}

/** The gateway's parts, with something that happens before each look at the log. */
function reading({ parts }: Awaited<ReturnType<typeof world>>, before: () => Promise<void>): RolloutParts {
  const logged: RolloutParts['decisions']['logged'] = async (after, limit) => {
    await before()
    return parts.decisions.logged(after, limit)
  }
  return { ...parts, decisions: { logged } }
}

describe('RolloutController', () => {
  test('a better version goes from shadow by a canary to serving', async () => {
    const gateway = await world(policy('v1', wrong), policy('v2', right))
    const { rollout, kinds, controller } = await serve(gateway)
    expect(rollout).toMatchObject({ servingId: 'v2', candidate: undefined, trials: 1 })
    expect(kinds).toEqual(['promoted', 'canary', 'shadow'])
    expect(gateway.policies.events[0]!.detail).toMatch(/shown to be better: \d+ labelled conversations, gain .* \+0\./)
    expect(gateway.router.policy.version).toBe('v2')
    await controller.step()
    expect(gateway.router.trial).toBeUndefined()
  })

  test('killed after every look, it counts each conversation once: the same verdict on the same evidence', async () => {
    const undisturbed = await world(policy('v1', wrong), policy('v2', right))
    await serve(undisturbed)
    const killed = await world(policy('v1', wrong), policy('v2', right))
    const anew = () => new RolloutController(killed.parts, killed.options)
    await serve(killed, anew(), anew)
    expect(killed.policies.events).toEqual(undisturbed.policies.events)
  })

  test('a worse one is held before it can do much harm', async () => {
    const { rollout, controller } = await serve(await world(policy('v1', right), policy('v2', wrong)))
    expect(rollout.candidate).toMatchObject({ phase: 'held', reason: expect.stringContaining('shown to be worse') })
    const body = toRolloutBody(await controller.view())
    expect(body.candidate).toMatchObject({ phase: 'held', canary: { verdict: 'worse' } })
    expect(body.candidate!.since).toBe(new Date(rollout.candidate!.sinceMs).toISOString())
    expect(body.events[0]!.at).toBe(body.candidate!.since)
    expect(body.candidate!.shadow!.decisions).toBeGreaterThanOrEqual(50)
  })

  test('by hand: one that is better waits', async () => {
    const gateway = await world(policy('v1', wrong), policy('v2', right), { mode: 'manual' })
    const { rollout } = await serve(gateway)
    expect(rollout).toMatchObject({ servingId: 'v1', candidate: { phase: 'held' } })
    expect(rollout.candidate!.reason).toMatch(/waits to be promoted by hand/)
    expect(gateway.router.trial).toBeUndefined()
  })

  test('one that chooses alike, cannot be loaded, or fails, is held with the reason', async () => {
    const reasonOf = async (tried: RoutingPolicy | undefined) =>
      (await serve(await world(policy('v1', right), tried))).rollout.candidate?.reason
    expect(await reasonOf(policy('v2', right))).toMatch(/nothing to gain/)
    expect(await reasonOf(undefined)).toBe('it cannot be loaded: no such file')
    const broken = { ...cost, predict: () => expect.unreachable() }
    expect(await reasonOf(policy('v2', right, broken))).toMatch(/^it failed in \d+ of \d+ decisions/)
  })

  test('one that somebody discards while the log is read for its verdict is not released', async () => {
    const undisturbed = await world(policy('v1', wrong), policy('v2', right))
    let looks = 0
    const counting = reading(undisturbed, async () => void looks++)
    await serve({ ...undisturbed, parts: counting })
    const gateway = await world(policy('v1', wrong), policy('v2', right))
    const parts = reading(gateway, async () => {
      if (--looks === 0) await discardCandidate(gateway.policies, 'v2', { atMs: 1, detail: 'by hand' })
    })
    const { rollout, kinds } = await serve({ ...gateway, parts })
    expect(looks).toBe(0)
    expect(kinds).toEqual(['discarded', 'canary', 'shadow'])
    expect(rollout).toMatchObject({ servingId: 'v1', candidate: undefined })
    expect(gateway.router.policy.version).toBe('v1')
  })

  test('one whose evidence cannot be read is held with the reason, and can be looked at', async () => {
    const gateway = await world(policy('v1', wrong), policy('v2', right))
    const rollout = await gateway.policies.rollout()
    const evidence = { formatVersion: 99, kind: 'rollout-trial' }
    const candidate = { ...rollout.candidate!, phase: 'canary' as const, evidence }
    await gateway.policies.changeRollout(rollout, { ...rollout, candidate }, undefined)
    const controller = new RolloutController(gateway.parts, gateway.options)
    expect(toRolloutBody(await controller.view()).candidate).toMatchObject({ phase: 'canary', canary: null })
    await controller.step()
    const held = toRolloutBody(await controller.view()).candidate
    expect(held).toMatchObject({ phase: 'held', reason: expect.stringMatching(/^its evidence cannot be read: /) })
    expect(gateway.router.trial).toBeUndefined()
  })

  test('a trial can be watched; discarded elsewhere, it ends', async () => {
    const gateway = await world(policy('v1', wrong), policy('v2', right))
    const controller = new RolloutController(gateway.parts, gateway.options)
    await controller.step()
    for (let i = 0; i < 100; i++) await gateway.request()
    await controller.step()
    const body = toRolloutBody(await controller.view())
    expect(body).toMatchObject({
      serving: 'v1',
      candidate: { id: 'v2', phase: 'canary', canary: { share: 0.1, units: 0 } },
    })
    expect(new Map(controller.figures()).get('share')).toBe(0.1)
    expect(gateway.router.trial?.terms).toMatchObject({ phase: 'canary', share: 0.1, salt: 'secret' })
    await discardCandidate(gateway.policies, 'v2', { atMs: 1, detail: 'by hand' })
    await controller.step()
    expect(gateway.router.trial).toBeUndefined()
    await controller.close()
    expect(toRolloutBody(await controller.view()).candidate).toBeNull()
  })

  test('what was counted is saved on closing', async () => {
    const gateway = await world(policy('v1', wrong), policy('v2', right), { shadowDecisions: 1_000 })
    const controller = new RolloutController(gateway.parts, gateway.options)
    for (let i = 0; i < 100; i++) {
      if (i % 50 === 0) await controller.step()
      await gateway.request()
    }
    await controller.step()
    await controller.close()
    const next = new RolloutController(gateway.parts, gateway.options)
    const seen = toRolloutBody(await next.view()).candidate!.shadow!.decisions
    // Decisions of the last two seconds may still be under way.
    expect(seen).toBeGreaterThanOrEqual(75)
    expect(seen).toBeLessThan(100)
  })
})
