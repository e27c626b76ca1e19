import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../../routing/numeric/random-source.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { curveMetrics, meanQualityError, routeTest, sampledCurve, testPool } from './score-trial.ts'

/** Two prompts, two LLMs: the dear one is right on both, the cheap one on the second. */
function rows(): TrainingRows {
  const unknown = new Float64Array(4).fill(Number.NaN)
  return {
    llms: ['dear', 'cheap'],
    contexts: [],
    quality: Float64Array.of(1, 0, 1, 1),
    costUsd: Float64Array.of(10, 2, 10, 2),
    inputTokens: unknown,
    outputTokens: unknown,
  }
}

describe('curveMetrics', () => {
  it('matches a hand-made curve', () => {
    const pool = testPool(rows())
    expect(pool.maxCostUsd).toBe(10)
    expect(pool.best).toMatchObject({ costUsd: 10, quality: 1 })
    // A router that knows: the dear one for the first prompt only.
    const points = routeTest(pool, Float64Array.of(0.9, 0.1, 0.8, 0.8), Float64Array.of(10, 2))
    expect(points).toEqual([
      { costUsd: 6, quality: 1 },
      { costUsd: 2, quality: 0.5 },
    ])
    const metrics = curveMetrics(pool, points)
    // .5 flat to 2, the chord to 6, then 1: (2·.5 + 4·.75 + 4·1)/10; to half of c_max: (2·.5 + 3·.6875)/10.
    expect(metrics.area).toBeCloseTo(0.8, 12)
    expect(metrics.areaRaw).toBeCloseTo(0.8, 12)
    expect(metrics.area50).toBeCloseTo((1 + 3 * 0.6875) / 10, 12)
    expect(metrics.qnc).toBeCloseTo(0.6, 9)
    expect(metrics.qncMax).toBeCloseTo(0.6, 9)
    expect(metrics.qncReached).toBe(1)
    expect(metrics.peak).toBe(1)
  })

  it('judges the sweep as it runs, and describes its maximum beside', () => {
    const falling = [
      { costUsd: 2, quality: 0.5 },
      { costUsd: 6, quality: 0.3 },
    ]
    expect(curveMetrics(testPool(rows()), falling).areaRaw).toBeCloseTo((0.5 * 2 + 0.4 * 4 + 0.3 * 4) / 10, 12)
    expect(curveMetrics(testPool(rows()), falling).area).toBeCloseTo(0.5, 12)
  })

  it('charges the best LLM itself where the curve never reaches it', () => {
    const metrics = curveMetrics(testPool(rows()), [{ costUsd: 2, quality: 0.5 }])
    expect(metrics).toMatchObject({ area: 0.5, qnc: 1, qncMax: 1, qncReached: 0, peak: 0.5 })
  })

  it('caps the neutral cost at the best LLM’s own where the curve gets there later', () => {
    const dearerLater = [
      { costUsd: 2, quality: 0.5 },
      { costUsd: 12, quality: 1 },
    ]
    expect(curveMetrics(testPool(rows()), dearerLater)).toMatchObject({ qnc: 1, qncReached: 1 })
  })
})

describe('on coins', () => {
  it('gives a router that knows nothing the level of the coins as it runs, and more only in hindsight', () => {
    const random = new SeededRandom(11)
    const [prompts, llms, repeats] = [200, 4, 60]
    const total = { areaRaw: 0, area: 0 }
    for (let repeat = 0; repeat < repeats; repeat++) {
      const cells = (of: (llm: number) => number) =>
        Float64Array.from({ length: prompts * llms }, (_, i) => of(i % llms))
      const costUsd = cells((llm) => 2 ** llm * (0.5 + random.next()))
      const quality = cells(() => (random.next() < 0.6 ? 1 : 0))
      const names = Array.from({ length: llms }, (_, llm) => `m${llm}`)
      const pool = testPool({ ...rows(), llms: names, quality, costUsd })
      const predicted = cells(() => random.next())
      const metrics = curveMetrics(pool, routeTest(pool, predicted, Float64Array.of(1, 2, 4, 8)))
      total.areaRaw += metrics.areaRaw! / repeats
      total.area += metrics.area! / repeats
    }
    // The standard error of either is about .004.
    expect(Math.abs(total.areaRaw - 0.6)).toBeLessThan(0.01)
    expect(total.area).toBeGreaterThan(0.612)
  })
})

describe('meanQualityError', () => {
  it('compares levels, not prompts', () => {
    const pool = testPool(rows())
    expect(meanQualityError(pool, Float64Array.of(1, 1, 1, 0))).toBe(0)
    expect(meanQualityError(pool, Float64Array.of(0.8, 0.8, 0.8, 0.8))).toBeCloseTo((0.2 + 0.3) / 2, 12)
  })
})

describe('sampledCurve', () => {
  it('has nothing below the cheapest point', () => {
    const sampled = sampledCurve(testPool(rows()), [{ costUsd: 2, quality: 0.5 }])
    expect(sampled[0]).toBeNull()
    expect(sampled.at(-1)).toBe(0.5)
    // (18/40)² = .2025 is the first share beyond 2 of 10.
    expect(sampled.findIndex((value) => value !== null)).toBe(18)
  })
})
