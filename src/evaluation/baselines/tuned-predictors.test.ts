import { describe, expect, it } from 'vitest'
import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { QualityPredictor } from '../../routing/prediction/quality-predictor.ts'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { knnPredictor, tunedFit, tunedRouter } from './tuned-predictors.ts'

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

describe('tunedRouter', () => {
  it('routes by argmax q̂ − μ·ĉ/c_max with the setting of largest out-of-fold AIQ', async () => {
    const policy = tunedRouter({ name: 'knn', settings: [-1, 0.5], fit: (_, share) => knowing(share) })
    const choices = (await policy.fit(twoTopics(40))).choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    expect(answersOf(choices, 0)).toEqual(new Array(choices.settings).fill(0))
    // Dear 1 − μ against cheap .5 − .1·μ.
    expect(answersOf(choices, 1)).toEqual([...sweepCostWeights()].map((weight) => (weight < 0.5 / 0.9 ? 1 : 0)))
  })

  it('chooses few neighbours where topics are small, and so tells them apart', async () => {
    const choices = (await tunedRouter(knnPredictor).fit(twoTopics(60, 0.1))).choose(
      promptsAt(contextAt(1, 0), contextAt(0, 1)),
    )
    expect(answersOf(choices, 1)[60]).toBe(1)
    expect(answersOf(choices, 0)[60]).toBe(0)
  })
})

describe('tunedFit', () => {
  it('chooses the setting on some rows and fits it on all', () => {
    const { rows } = twoTopics(40)
    const fitted: [number, number, boolean][] = []
    const spy = {
      name: 'knn' as const,
      settings: [-1, 0.5],
      fit: (shown: typeof rows, share: number, _seed: number, isTrial: boolean) => {
        fitted.push([shown.contexts.length, share, isTrial])
        return knowing(share)
      },
    }
    tunedFit(spy, rows, twoTopics(20))
    expect(fitted.at(-1)).toEqual([40, 0.5, false])
    expect(fitted.slice(0, -1).every(([count, , isTrial]) => count === 16 && isTrial)).toBe(true)
  })
})

describe('knnPredictor', () => {
  it('asks all training rows, however many', () => {
    const { rows } = twoTopics(2)
    const count = 2100
    const cells = (value: (row: number) => number) =>
      Float64Array.from({ length: 2 * count }, (_, cell) => value(cell >> 1))
    // Every hundredth row is of the second topic and has quality 1: a sample of 2,000 would miss some of the 21.
    const many = {
      ...rows,
      contexts: Array.from({ length: count }, (_, row) => rows.contexts[row % 100 === 0 ? 1 : 0]!),
      quality: cells((row) => (row % 100 === 0 ? 1 : 0)),
      costUsd: cells(() => 1),
      inputTokens: cells(() => 1),
      outputTokens: cells(() => 1),
    }
    const quality = new Float64Array(2)
    knnPredictor.fit(many, 20, 1, false).predict(contextAt(0, 1), quality)
    const all = quality[0]!
    // 20 labels of 1 and one pseudo-label at the mean of .01.
    expect(all).toBeCloseTo((20 + 0.01) / 21, 6)
  })
})
