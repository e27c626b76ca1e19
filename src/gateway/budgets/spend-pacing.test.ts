import { describe, expect, test } from 'vitest'
import { DailySpend, type SpendingKey } from '../../accounts/daily-spend.ts'
import { defaultPreference } from '../../routing/decision/routing-preference.ts'
import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'
import type { StoredDecision } from '../../routing/decision-store.ts'
import type { CostEstimates, CostPredictor } from '../../routing/prediction/cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { loggedSpendCurve, type PresentCosts, repriced } from './logged-spend-curve.ts'
import { SpendPacing } from './spend-pacing.ts'

const noonMs = Date.UTC(2026, 10, 22, 12)

function terms(llm: string, utility: number, costUsd: number | undefined): CandidateTerms {
  return {
    ...{ llm, qualitySource: 'fitted', offlineQuality: 0.5, quality: 0.5, uncertainty: 0, outputTokens: 100 },
    ...{ offlineCostUsd: costUsd, costUsd, costP90Usd: costUsd, completionMs: 1, latencyPenalty: 0 },
    utility,
    probability: 0.5,
  }
}

function decision(candidates: readonly CandidateTerms[], more: Partial<RoutingDecision> = {}): RoutingDecision {
  return {
    ...{ id: 'd1', createdAtMs: noonMs, keyId: undefined, conversationId: undefined, policyVersion: 'v' },
    ...{ labelSequence: 0, cold: false, pinned: false, rule: 'utility', preference: defaultPreference },
    ...{ inputTokens: 1, maxOutputTokens: undefined, choices: 1, excluded: [], propensity: 1, budgetDual: 0 },
    context: { embedderId: 'e', embedding: new Float32Array(0), explicit: new Float32Array(0) },
    candidates,
    drawn: candidates[0]!.llm,
    experiment: undefined,
    ...more,
  } as RoutingDecision
}

/** Worth .5 more at a cost of 1 against .1: from ν = .5/.9 the cheap one is chosen, with C_ref = 1. */
const dearOrCheap = decision([terms('dear', 0.9, 1), terms('cheap', 0.4, 0.1)])

/** Bills are what the price says a million output tokens come to. */
const perRequest = (id: string, usd: number): Llm => ({
  ...{ ...unknownLlmProperties, id, provider: 'p', upstreamModel: id },
  price: { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: usd },
})

function presentOf(pool: LlmRegistry): PresentCosts {
  const cost = {
    predict: (_context: unknown, _size: unknown, llms: readonly Llm[], out: CostEstimates) => {
      llms.forEach(({ price }, i) => {
        out.costUsd[i] = price?.outputPerMillionTokensUsd ?? Number.NaN
      })
    },
  } as CostPredictor
  return { llm: (id) => pool.get(id), policy: { cost, costReferenceUsd: 1, embedder: { id: 'e' } } }
}

const dearAndCheap = () => new LlmRegistry([perRequest('dear', 1), perRequest('cheap', 0.1)])

function curveOf(decisions: readonly RoutingDecision[], pool = dearAndCheap()) {
  const present = presentOf(pool)
  return loggedSpendCurve(
    decisions.flatMap((one) => repriced(one, present) ?? []),
    1,
  )
}

describe('loggedSpendCurve', () => {
  test('changes LLM where the dual outweighs what the dear one is worth more', () => {
    const { duals, meanCostUsd } = curveOf([dearOrCheap])!
    duals.forEach((dual, i) => {
      expect(meanCostUsd[i]).toBe(dual < 0.5 / 0.9 ? 1 : 0.1)
    })
  })

  test('takes out what a dual had done to the logged utilities', () => {
    const paced = decision([terms('dear', 0.9 - 0.7, 1), terms('cheap', 0.4 - 0.07, 0.1)], { budgetDual: 0.7 })
    expect(curveOf([paced])).toEqual(curveOf([dearOrCheap]))
  })

  test('says nothing of named LLMs and of unknown costs', () => {
    expect(curveOf([decision([terms('a', 1, 1)], { pinned: true })])).toBeUndefined()
    expect(curveOf([decision([terms('dear', 1, undefined)])])).toBeUndefined()
    expect(curveOf([])).toBeUndefined()
  })

  test('is that of the prices and the pool of now, whatever they were when it was logged', () => {
    const pool = dearAndCheap()
    pool.set(perRequest('dear', 0.4))
    // At λ = 1.4 a price .6 lower is worth .6/2.4 more: .75 + … against .3 in cost.
    const { duals, meanCostUsd } = curveOf([dearOrCheap], pool)!
    duals.forEach((dual, i) => {
      expect(meanCostUsd[i]).toBe(dual < (0.5 + 0.6 / 2.4) / 0.3 ? 0.4 : 0.1)
    })
    pool.remove('dear')
    expect(new Set(curveOf([dearOrCheap], pool)!.meanCostUsd)).toEqual(new Set([0.1]))
    pool.remove('cheap')
    expect(curveOf([dearOrCheap], pool)).toBeUndefined()
    // Of a prompt that another embedder read the predictor knows nothing: its costs stay.
    const other = { embedderId: 'old', embedding: new Float32Array(0), explicit: new Float32Array(0) }
    const old = decision(dearOrCheap.candidates, { context: other } as Partial<RoutingDecision>)
    expect(curveOf([old], new LlmRegistry([perRequest('dear', 9)]))!.meanCostUsd[0]).toBe(1)
  })
})

const alice = { keyId: 'alice', dailyCapUsd: 10 }

interface World {
  readonly perHour?: number
  readonly gatewayCapUsd?: number
  readonly keys?: readonly SpendingKey[]
  readonly teamCapsUsd?: ReadonlyMap<string, number>
}

async function pacingIn({ perHour = 10, gatewayCapUsd, keys = [], teamCapsUsd }: World) {
  const clock = { ms: noonMs, now: () => clock.ms }
  const asked: unknown[] = []
  const decisions = {
    spentNanoUsd: async () => 0,
    recentSettlements: async (): Promise<readonly StoredDecision[]> => [
      { decision: dearOrCheap, settlement: undefined },
    ],
    decisionsPerHour: async (sinceMs: number, keyId?: string, untilMs = noonMs) => {
      asked.push(keyId)
      // The same count in every hour of the two days before, and of today until now.
      const hourMs = 3_600_000
      const counts = new Array<number>(24).fill(0)
      const from = Math.max(sinceMs, noonMs - 60 * hourMs)
      for (let ms = from; ms < Math.min(untilMs, noonMs); ms += hourMs) counts[(ms / hourMs) % 24]! += perHour
      return counts
    },
  }
  const spend: DailySpend = await DailySpend.load(decisions, clock, {
    gatewayCapUsd,
    teamCapsUsd,
    keys: () => keys,
    onBooked: (scope, nanoUsd) => pacing.booked(scope, nanoUsd),
  })
  const pool = dearAndCheap()
  const { policy } = presentOf(pool)
  const pacing: SpendPacing = new SpendPacing({
    ...{ spend, decisions, pool, clock },
    keys: () => keys,
    policy: () => policy,
  })
  return { spend, pacing, pool, asked }
}

describe('SpendPacing', () => {
  test('reads nothing and prices nothing where there is no cap', async () => {
    const { pacing, asked } = await pacingIn({})
    await pacing.refresh()
    expect(pacing.dualFor({ keyId: undefined, dailyCapUsd: undefined })).toBe(0)
    expect(asked).toEqual([])
  })

  test('a budget that lasts has no price, one that does not has the dual under which it does', async () => {
    const rich = await pacingIn({ gatewayCapUsd: 1000 })
    await rich.pacing.refresh()
    expect(rich.pacing.dualFor(alice)).toBe(0)
    // 120 requests to come at 1 USD each, and 60 USD for them.
    const poor = await pacingIn({ gatewayCapUsd: 60 })
    await poor.pacing.refresh()
    const [state] = poor.pacing.states()
    expect(state?.expectedRequestsLeft).toBeCloseTo(120, 6)
    expect(state?.paceUsd).toBeCloseTo(0.5, 6)
    expect(poor.pacing.dualFor(alice)).toBeGreaterThan(0.3)
    expect(poor.pacing.dualFor(alice)).toBeLessThan(0.8)
  })

  test('the shortest of several budgets decides', async () => {
    const keys = [{ id: 'alice', team: 'search' }]
    const world = { gatewayCapUsd: 1000, keys, teamCapsUsd: new Map([['search', 60]]) }
    const { spend, pacing } = await pacingIn(world)
    const inTeam = { keyId: 'alice', dailyCapUsd: undefined, team: 'search' }
    expect(spend.cappedScopes(inTeam)).toEqual(['gateway', 'team:search'])
    await pacing.refresh()
    expect(pacing.dualFor(inTeam)).toBeGreaterThan(0)
    expect(pacing.dualFor({ keyId: 'bob', dailyCapUsd: undefined })).toBe(0)
  })

  test('bills above what was planned raise the price, bill by bill', async () => {
    const { spend, pacing } = await pacingIn({ gatewayCapUsd: 60 })
    await pacing.refresh()
    const before = pacing.dualFor(alice)
    for (let i = 0; i < 5; i++) spend.reserve({ keyId: 'bob', dailyCapUsd: undefined }, 1e9)?.settle(5e9)
    expect(pacing.dualFor(alice)).toBeGreaterThan(before)
    // Embeddings cost money, but are no routed requests.
    const { paceUsd } = pacing.states()[0]!
    spend.reserve({ keyId: 'bob', dailyCapUsd: undefined }, 1e9, false)?.settle(5e9)
    expect(pacing.states()[0]!.paceUsd).toBe(paceUsd)
  })

  test('a price or a pool that changed moves the dual with the next refresh', async () => {
    const { pacing, pool } = await pacingIn({ gatewayCapUsd: 60 })
    expect(pacing.isStale).toBe(true)
    await pacing.refresh()
    expect(pacing.isStale).toBe(false)
    const before = pacing.dualFor(alice)
    expect(before).toBeGreaterThan(0)
    pool.set(perRequest('dear', 0.45))
    expect(pacing.isStale).toBe(true)
    await pacing.refresh()
    expect(pacing.dualFor(alice)).toBe(0)
    pool.set(perRequest('dear', 2))
    await pacing.refresh()
    expect(pacing.dualFor(alice)).toBeGreaterThan(0)
    pool.remove('dear')
    await pacing.refresh()
    expect(pacing.dualFor(alice)).toBe(0)
  })

  test('a key with a cap is paced from its first request on', async () => {
    const keys = [{ id: 'alice', dailyCapUsd: 60 }]
    const { pacing } = await pacingIn({ keys })
    await pacing.refresh()
    expect(pacing.dualFor({ keyId: 'alice', dailyCapUsd: 60 })).toBeGreaterThan(0)
  })

  test('nobody knows what is to come on the first morning: no price', async () => {
    const { pacing } = await pacingIn({ gatewayCapUsd: 60, perHour: 0 })
    await pacing.refresh()
    expect(pacing.dualFor(alice)).toBe(0)
    expect(pacing.states()).toEqual([
      { scope: 'gateway', dual: 0, expectedRequestsLeft: undefined, paceUsd: undefined },
    ])
  })
})
