import { describe, expect, it } from 'vitest'
import { chooseByArea, clusterCountGrid, fixedClusterCount } from './choose-cluster-count.ts'

describe('the number of clusters', () => {
  it('runs from 3 to a fiftieth of the labels', () => {
    expect(clusterCountGrid(50)).toEqual([3])
    expect(clusterCountGrid(200)).toEqual([3, 4])
    expect(clusterCountGrid(400)).toEqual([3, 4, 5, 6, 7, 8])
    const large = clusterCountGrid(100_000)
    expect(large[0]).toBe(3)
    expect(large.at(-1)).toBe(100)
    expect(large.length).toBeLessThanOrEqual(10)
    expect([50, 100, 200, 400, 10_000].map(fixedClusterCount)).toEqual([3, 3, 4, 8, 100])
  })

  it('is chosen by the Area of what the pool then yields', () => {
    const outcomes = {
      llmCount: 2,
      predictedCostUsd: Float64Array.of(2, 1),
      quality: Float64Array.of(1, 0, 0, 1),
      costUsd: Float64Array.of(2, 1, 2, 1),
    }
    const misleading = Float64Array.of(0.4, 0.6, 0.6, 0.4)
    const right = Float64Array.of(0.9, 0.1, 0.1, 0.9)
    expect(chooseByArea([misleading, right, right], outcomes, 2)).toBe(1)
  })

  it('is not chosen for a sweep that was lucky at one point', () => {
    const outcomes = {
      llmCount: 2,
      predictedCostUsd: Float64Array.of(2, 1),
      quality: Float64Array.of(0, 1, 0.2, 0, 1, 0.9),
      costUsd: Float64Array.of(2, 1, 2, 1, 2, 1),
    }
    // By cost (1, .63), (1.33, .7), (1.67, .37): 1.156 of 2 as it runs, 1.322 with its maximum; steady rises to .67: 1.294.
    const lucky = Float64Array.of(0.6, 0.5, 0.9, 0.1, 0.1, 0.9)
    const steady = Float64Array.of(0.1, 0.9, 0.1, 0.9, 0.9, 0.1)
    expect(chooseByArea([lucky, steady], outcomes, 2)).toBe(1)
  })
})
