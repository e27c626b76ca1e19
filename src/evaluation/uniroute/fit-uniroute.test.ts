import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { topicContext, twoTopicRows } from '../../routing/prediction/quality-predictor.contract.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import { fitUniRoute } from './fit-uniroute.ts'

function withCosts(rows: TrainingRows): TrainingRows {
  return { ...rows, costUsd: rows.quality.map((_, cell) => [3, 2, 1][cell % 3]!) }
}

describe('fitUniRoute', () => {
  it.each(['k-means', 'learned', 'learned-linear'] as const)('finds which LLM is good at what (%s)', (map) => {
    const rows = withCosts(twoTopicRows(400, 10))
    const predictor = fitUniRoute(rows, { seed: 11, map })
    const quality = new Float64Array(3)
    const uncertainty = new Float64Array(3)
    const random = new SeededRandom(12)
    for (const topic of [0, 1]) {
      predictor.predict(topicContext(topic, random), quality, uncertainty)
      expect(quality[topic]! - quality[1 - topic]!).toBeGreaterThan(0.3)
      for (const value of uncertainty) expect(value).toBeGreaterThan(0)
    }
  })

  it('is the same for the same seed, and refuses outputs of another size', () => {
    const rows = withCosts(twoTopicRows(200, 13))
    const snapshot = (seed: number) => fitUniRoute(rows, { seed, map: 'learned' }).snapshot()
    expect(snapshot(14)).toEqual(snapshot(14))
    const predictor = fitUniRoute(rows, { seed: 14, map: 'k-means', clusters: 4 })
    expect(predictor.clusters).toBe(4)
    expect(() => predictor.predict(rows.contexts[0]!, new Float64Array(2))).toThrowError(
      expect.objectContaining({ code: 'dimension_mismatch' }),
    )
  })

  it('chooses K without any known cost too', () => {
    const predictor = fitUniRoute(twoTopicRows(400, 15), { seed: 16, map: 'k-means' })
    expect(predictor.clusters).toBeGreaterThanOrEqual(3)
  })
})
