import { expect, test } from 'vitest'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import { CompletionTimeModel } from '../routing/prediction/completion-time-model.ts'
import type { CostPredictor } from '../routing/prediction/cost-predictor.ts'
import { unknownLlmProperties } from '../routing/registry/llm.ts'
import { LlmRegistry } from '../routing/registry/llm-registry.ts'
import { Router } from '../routing/router.ts'
import { RoutingPolicy } from '../routing/routing-policy.ts'
import { sampleDecision, sampleSettlement } from '../storage/__fixtures__/sample-records.ts'
import { warmUp } from './warm-up.ts'

const llm = { ...unknownLlmProperties, id: 'provider/llm-number-1', provider: 'p', upstreamModel: 'm' }

test('replays bills against what was predicted, and times at an unknown load', async () => {
  const bills: unknown[] = []
  const cost: CostPredictor = {
    llms: [],
    predict() {},
    observe: (...bill) => void bills.push(bill),
    snapshot: () => null,
  }
  const embedder = { id: 'e', dimension: 1, embed: () => Float32Array.of(1) }
  const times = new CompletionTimeModel()
  const router = new Router({
    pool: new LlmRegistry([llm]),
    policy: new RoutingPolicy({ embedder, pool: [llm], cost }),
    times,
    random: new SeededRandom(1),
    clock: { now: () => 0 },
    newId: () => 'd',
  })
  const decision = sampleDecision('d1', { policyVersion: 'unfitted', maxOutputTokens: 400 })
  const attempts = [{ llm: llm.id, error: undefined, ms: 300 }]
  const failedFirst = [{ llm: 'other', error: 'upstream_cut', ms: 100 }, ...attempts]
  const older = sampleDecision('d2', { policyVersion: 'older' })
  const stored = [
    { decision, settlement: sampleSettlement('d1', { billedNanoUsd: 5_000, attempts }) },
    { decision, settlement: sampleSettlement('d1', { billedNanoUsd: undefined, attempts: failedFirst }) },
    { decision: older, settlement: sampleSettlement('d2', { attempts }) },
    { decision: sampleDecision('d3'), settlement: undefined },
  ]
  await warmUp(router, { recentSettlements: () => Promise.resolve(stored) })
  expect(bills).toEqual([
    [llm.id, decision.candidates[1]?.offlineCostUsd, 0.000005, 310, 400],
    // Its bill is not known.
    [llm.id, decision.candidates[1]?.offlineCostUsd, undefined, 310, 400],
    [llm.id, Number.NaN, 0.0123, 310, 1024],
  ])
  // 800 ms assumed and 312.25 ms seen three times: steps of 1/2, 1/3 and 1/4.
  expect(times.expectedCompletionMs(llm, 0)).toBeCloseTo((800 + 3 * 312.25) / 4, 9)
  expect(times.begin(llm)).toBe(0)
})
