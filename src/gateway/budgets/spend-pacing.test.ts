import { describe, expect, test } from 'vitest'
import { DailySpend } from '../../accounts/daily-spend.ts'
import { defaultPreference } from '../../routing/decision/routing-preference.ts'
import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'
import type { StoredDecision } from '../../routing/decision-store.ts'
import { loggedSpendCurve } from './logged-spend-curve.ts'
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

describe('loggedSpendCurve', () => {
  test('changes LLM where the dual outweighs what the dear one is worth more', () => {
    const { duals, meanCostUsd } = loggedSpendCurve([dearOrCheap], 1)!
    duals.forEach((dual, i) => {
      expect(meanCostUsd[i]).toBe(dual < 0.5 / 0.9 ? 1 : 0.1)
    })
  })

  test('takes out what a dual had done to the logged utilities', () => {
    const paced = decision([terms('dear', 0.9 - 0.7, 1), terms('cheap', 0.4 - 0.07, 0.1)], { budgetDual: 0.7 })
    expect(loggedSpendCurve([paced], 1)).toEqual(loggedSpendCurve([dearOrCheap], 1))
  })

  test('says nothing of named LLMs and of unknown costs', () => {
    expect(loggedSpendCurve([decision([terms('a', 1, 1)], { pinned: true })], 1)).toBeUndefined()
    expect(loggedSpendCurve([decision([terms('a', 1, undefined)])], 1)).toBeUndefined()
    expect(loggedSpendCurve([], 1)).toBeUndefined()
  })
})

const alice = { keyId: 'alice', dailyCapUsd: 10 }

interface World {
  readonly perHour?: number
  readonly gatewayCapUsd?: number
  readonly keys?: readonly { readonly id: string; readonly team?: string }[]
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
    decisionsPerHour: async (sinceMs: number, keyId?: string) => {
      asked.push(keyId)
      // The same count in every hour of the two days before, and of today until now.
      const daysBefore = Math.floor((noonMs - sinceMs) / 86_400_000)
      return Array.from({ length: 24 }, (_, hour) => perHour * (Math.min(2, daysBefore) + (hour < 12 ? 1 : 0)))
    },
  }
  const spend: DailySpend = await DailySpend.load(decisions, clock, {
    gatewayCapUsd,
    teamCapsUsd,
    keys,
    onBooked: (scope, nanoUsd) => pacing.booked(scope, nanoUsd),
  })
  const pacing: SpendPacing = new SpendPacing({ spend, decisions, keys: () => keys, costReferenceUsd: () => 1, clock })
  return { spend, pacing, clock, asked }
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

  test('nobody knows what is to come on the first morning: no price', async () => {
    const { pacing } = await pacingIn({ gatewayCapUsd: 60, perHour: 0 })
    await pacing.refresh()
    expect(pacing.dualFor(alice)).toBe(0)
    expect(pacing.states()).toEqual([
      { scope: 'gateway', dual: 0, expectedRequestsLeft: undefined, paceUsd: undefined },
    ])
  })
})
