import { describe, expect, it } from 'vitest'
import { bestArmEvidence, bestArmProportions } from './best-arm-proportions.ts'

describe('bestArmProportions', () => {
  it('shares two arms by their standard deviations', () => {
    const [even, uneven] = [1, 9].map((variance) =>
      bestArmProportions(
        [
          { mean: 1, variance: 1 },
          { mean: 0, variance },
        ],
        0,
        0.1,
      ),
    )
    // min of 1/w + v/(1 − w): w = 1/(1 + √v)
    expect(even![0]).toBeCloseTo(1 / 2, 9)
    expect(uneven![0]).toBeCloseTo(1 / 4, 9)
  })

  it('has no better shares anywhere on a grid', () => {
    const arms = [
      { mean: 0.9, variance: 0.04 },
      { mean: 0.85, variance: 0.09 },
      { mean: 0.5, variance: 0.02 },
    ]
    const worth = (shares: ArrayLike<number>) => bestArmEvidence(arms, Array.from(shares), 0, 0.01)
    const found = bestArmProportions(arms, 0, 0.01)
    expect(found.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    let best = 0
    for (let a = 1; a < 400; a++) {
      for (let b = 1; a + b < 400; b++) best = Math.max(best, worth([a / 400, b / 400, (400 - a - b) / 400]))
    }
    expect(worth(found)).toBeGreaterThanOrEqual(best)
    expect(worth(found)).toBeLessThan(1.01 * best)
  })

  it('gives a lone arm everything', () => {
    expect([...bestArmProportions([{ mean: 0, variance: 1 }], 0, 0.1)]).toEqual([1])
  })
})

describe('bestArmEvidence', () => {
  it('is the least of Δ²/(2·(σ_L²/n_L + σ_i²/n_i))', () => {
    const arms = [
      { mean: 1, variance: 1 },
      { mean: 0.6, variance: 4 },
      { mean: 0.2, variance: 1 },
    ]
    const first = 0.5 ** 2 / (2 * (1 / 10 + 4 / 20))
    const second = 0.9 ** 2 / (2 * (1 / 10 + 1 / 5))
    expect(bestArmEvidence(arms, [10, 20, 5], 0, 0.1)).toBeCloseTo(Math.min(first, second), 12)
  })
})
