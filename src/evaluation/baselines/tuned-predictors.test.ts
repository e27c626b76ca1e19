import { describe, expect, it } from 'vitest'
import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { QualityPredictor } from '../../routing/prediction/quality-predictor.ts'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { tunedKnn, tunedPredictor } from './tuned-predictors.ts'

/** Knows the second topic when told `share` of the truth. */
function knowing(share: number): QualityPredictor {
  return {
    llms: ['cheap', 'dear'],
    predict(context: RoutingContext, quality: Float64Array) {
      quality[0] = context.embedding[0]! > context.embedding[1]! ? 1 : 1 - share
      quality[1] = 1
    },
    snapshot: () => ({ formatVersion: 1, kind: 'test' }),
  }
}

describe('tunedPredictor', () => {
  it('routes by argmax q̂ − μ·ĉ/c_max with the setting of largest out-of-fold AIQ', async () => {
    const policy = tunedPredictor('knn', [-1, 0.5], (_, share) => knowing(share))
    const choices = (await policy.fit(twoTopics(40))).choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    expect(answersOf(choices, 0)).toEqual(new Array(choices.settings).fill(0))
    // Dear 1 − μ against cheap .5 − .1·μ.
    expect(answersOf(choices, 1)).toEqual([...sweepCostWeights()].map((weight) => (weight < 0.5 / 0.9 ? 1 : 0)))
  })

  it('chooses few neighbours where topics are small, and so tells them apart', async () => {
    const choices = (await tunedKnn.fit(twoTopics(60, 0.1))).choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    expect(answersOf(choices, 1)[60]).toBe(1)
    expect(answersOf(choices, 0)[60]).toBe(0)
  })
})
