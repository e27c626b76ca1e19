import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { nextBeta } from './beta-draw.ts'

describe('nextBeta', () => {
  for (const [a, b] of [
    [1, 1],
    [30, 4],
    [0.4, 2.5],
  ] as const) {
    it(`has the mean and variance of Beta(${a}, ${b})`, () => {
      const random = new SeededRandom(17)
      const draws = Array.from({ length: 20_000 }, () => nextBeta(a, b, random))
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length
      const expected = (a * b) / ((a + b) ** 2 * (a + b + 1))
      expect(Math.abs(mean - a / (a + b))).toBeLessThan(4 * Math.sqrt(expected / draws.length))
      expect(variance / expected).toBeGreaterThan(0.95)
      expect(variance / expected).toBeLessThan(1.05)
    })
  }
})
