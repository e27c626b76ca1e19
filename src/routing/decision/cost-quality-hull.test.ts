import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  averageImprovementInQuality,
  type CostQualityPoint,
  costQualityHull,
  fixedLlmPoints,
  hullQuality,
  sweepCostWeights,
  sweepPoints,
} from './cost-quality-hull.ts'

function points(...pairs: readonly (readonly [number, number])[]): CostQualityPoint[] {
  return pairs.map(([costUsd, quality]) => ({ costUsd, quality }))
}

describe('costQualityHull', () => {
  it('drops dominated points and points under a chord', () => {
    const hull = costQualityHull(points([4, 0.8], [1, 0.4], [2, 0.5], [3, 0.3], [5, 0.7]))
    // (2, .5) lies under the chord (1, .4)–(4, .8), which is .533 there; (5, .7) is dearer and worse than (4, .8).
    expect(hull).toEqual(points([1, 0.4], [4, 0.8]))
  })

  it('is one point when the cheapest is the best', () => {
    expect(costQualityHull(points([2, 0.6], [1, 0.9], [3, 0.9]))).toEqual(points([1, 0.9]))
  })

  it('keeps the better of equal costs and the cheaper of equal qualities', () => {
    expect(costQualityHull(points([1, 0.2], [1, 0.5], [2, 0.7], [3, 0.7]))).toEqual(points([1, 0.5], [2, 0.7]))
  })

  it('keeps one of equal points and none between three on a line', () => {
    expect(costQualityHull(points([0, 0], [1, 0.5], [1, 0.5], [2, 1]))).toEqual(points([0, 0], [2, 1]))
  })

  it('is above every point, with falling slopes', () => {
    const point = fc.record({ costUsd: fc.integer({ min: 0, max: 20 }), quality: fc.integer({ min: 0, max: 20 }) })
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 15 }), (cloud) => {
        const hull = costQualityHull(cloud)
        for (const { costUsd, quality } of cloud) {
          expect(hullQuality(hull, costUsd)).toBeGreaterThanOrEqual(quality - 1e-9)
        }
        for (let i = 2; i < hull.length; i++) {
          const slope = (j: number): number =>
            (hull[j]!.quality - hull[j - 1]!.quality) / (hull[j]!.costUsd - hull[j - 1]!.costUsd)
          expect(slope(i)).toBeLessThan(slope(i - 1))
        }
      }),
    )
  })
})

describe('averageImprovementInQuality', () => {
  it('is the area under the hull, by hand', () => {
    // Flat .4 on [0, 1], from .4 to .8 on [1, 3], flat .8 on [3, 4]: (.4 + 1.2 + .8)/4.
    expect(averageImprovementInQuality(points([1, 0.4], [3, 0.8]), 4)).toBeCloseTo(0.6, 12)
  })

  it('is the quality itself for one point', () => {
    expect(averageImprovementInQuality(points([2, 0.7]), 5)).toBeCloseTo(0.7, 12)
  })

  it('stops at the dearest LLM’s cost', () => {
    // From .4 at 1 to .6 at 2, half-way to (3, .8): (.4 + .5)/2.
    expect(averageImprovementInQuality(points([1, 0.4], [3, 0.8]), 2)).toBeCloseTo(0.45, 12)
    expect(averageImprovementInQuality(points([3, 0.8]), 2)).toBeCloseTo(0.8, 12)
  })
})

describe('sweepPoints', () => {
  const table = {
    llmCount: 2,
    predictedQuality: Float64Array.from([0.5, 0.9, 0.6, 0.7]),
    predictedCostUsd: Float64Array.from([1, 10, 1, 10]),
    quality: Float64Array.from([0, 1, 1, Number.NaN]),
    costUsd: Float64Array.from([1, 10, 1, 10]),
  }

  it('goes from the best predicted to the cheapest', () => {
    // Row 1 keeps the dear LLM while .4 > μ·.9, row 2 while .1 > μ·.9; its dear cell is unknown and left out.
    const [free, middle, dear] = sweepPoints(table, 10, Float64Array.from([0, 0.2, 1]))
    expect(free).toEqual({ costUsd: 10, quality: 1 })
    expect(middle).toEqual({ costUsd: 5.5, quality: 1 })
    expect(dear).toEqual({ costUsd: 1, quality: 0.5 })
  })

  it('breaks ties towards the cheaper LLM and passes over unknown predictions', () => {
    const tied = {
      llmCount: 3,
      predictedQuality: Float64Array.from([0.5, 0.5, 0.9]),
      predictedCostUsd: Float64Array.from([2, 1, Number.NaN]),
      quality: Float64Array.from([0.1, 0.2, 0.3]),
      costUsd: Float64Array.from([2, 1, 3]),
    }
    expect(sweepPoints(tied, 3, Float64Array.from([0]))).toEqual(points([1, 0.2]))
  })

  it('sweeps 0 and 120 values from 10⁻⁴ to 10^2.5', () => {
    const weights = sweepCostWeights()
    expect(weights.length).toBe(121)
    expect(weights[0]).toBe(0)
    // Not every engine rounds 10 ** −4 alike.
    expect(weights[1]).toBeCloseTo(1e-4, 15)
    expect(weights[120]).toBeCloseTo(10 ** 2.5, 9)
  })
})

describe('fixedLlmPoints', () => {
  it('averages the rows where both are known and leaves out an LLM without any', () => {
    const nan = Number.NaN
    const quality = Float64Array.from([1, 0.5, nan, 0, nan, 1])
    const costUsd = Float64Array.from([2, 1, 1, 4, 1, nan])
    expect(fixedLlmPoints(quality, costUsd, 3)).toEqual([
      { llmIndex: 0, costUsd: 3, quality: 0.5 },
      { llmIndex: 1, costUsd: 1, quality: 0.5 },
    ])
  })
})
