import { expect, test } from 'vitest'
import { HullGuard } from '../decision/hull-guard.ts'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { fittedPolicy, restorePolicy, snapshotPolicy } from './fitted-policy.ts'
import { KnnQualityPredictor } from './knn-quality-predictor.ts'
import { LevelMap } from './level-map.ts'
import { RidgeQualityPredictor } from './ridge-quality-predictor.ts'
import { StackedQualityPredictor } from './stacked-quality-predictor.ts'
import { TokenCostPredictor } from './token-cost-predictor.ts'

test('a version from before forests and the guard, of ridge and neighbours, comes back and predicts the same', () => {
  const random = new SeededRandom(1)
  const contexts = Array.from({ length: 40 }, () => ({
    embedderId: 'test',
    embedding: Float32Array.from({ length: 4 }, () => nextNormal(random) / 2),
    explicit: Float32Array.of(nextNormal(random)),
  }))
  const cells = 2 * contexts.length
  const unknown = new Float64Array(cells).fill(Number.NaN)
  const quality = Float64Array.from({ length: cells }, () => random.next())
  const rows = { llms: ['a', 'b'], contexts, quality, costUsd: unknown, inputTokens: unknown, outputTokens: unknown }
  const policy = fittedPolicy({
    formatVersion: 1,
    id: 'v1',
    createdAtMs: 0,
    description: '',
    embedderId: 'test',
    costReferenceUsd: 0.01,
    quality: new StackedQualityPredictor({
      members: [RidgeQualityPredictor.fit(rows, { penalty: 10 }), KnnQualityPredictor.fit(rows, { seed: 1 })],
      weights: Float64Array.of(0.5, 0.4),
      trust: 0.8,
      means: Float64Array.of(0.5, 0.5),
      meanErrors: Float64Array.of(0.05, 0.05),
    }),
    cost: TokenCostPredictor.unfitted(),
    noise: Float64Array.of(0.3, 0.3),
    levels: LevelMap.fit(Float64Array.of(0, 1), Float64Array.of(0, 1)),
    guard: new HullGuard([{ upTo: Number.POSITIVE_INFINITY, gain: -0.1, servesHull: true }]),
    llms: ['a', 'b'].map((id) => ({
      id,
      source: 'fitted',
      priceAtFit: undefined,
      labels: 40,
      meanQuality: 0.5,
      meanCostUsd: undefined,
    })),
  })
  const old = snapshotPolicy({ ...policy, guard: undefined })
  const restored = restorePolicy(old)
  expect(restorePolicy(snapshotPolicy(policy)).guard!.regions).toEqual(policy.guard!.regions)
  expect(restored.guard).toBeUndefined()
  expect(snapshotPolicy(restored)).toEqual(old)
  const [before, after] = [new Float64Array(2), new Float64Array(2)]
  for (const context of contexts) {
    policy.quality.predict(context, before)
    restored.quality.predict(context, after)
    expect(after).toEqual(before)
  }
})
