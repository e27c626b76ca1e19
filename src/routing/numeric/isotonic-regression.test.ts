import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isotonicRegression } from './isotonic-regression.ts'

describe('isotonicRegression', () => {
  it('pools violators to their weighted mean', () => {
    const fitted = isotonicRegression(Float64Array.from([1, 4, 1, 5]), Float64Array.from([1, 1, 2, 1]))
    // 4 (weight 1) and 1 (weight 2) pool to 2.
    expect([...fitted]).toEqual([1, 2, 2, 5])
  })

  it('pools backwards as far as it must', () => {
    const fitted = isotonicRegression(Float64Array.from([2, 3, 0]), new Float64Array(3).fill(1))
    expect(fitted[0]).toBeCloseTo(5 / 3, 12)
    expect(fitted[2]).toBe(fitted[0])
  })

  it('equals the max–min formula', () => {
    // f_i = max over a ≤ i of min over b ≥ i of the mean of y_a … y_b (Barlow et al. 1972).
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 9 }), (values) => {
        const fitted = isotonicRegression(Float64Array.from(values), new Float64Array(values.length).fill(1))
        const mean = (a: number, b: number): number =>
          values.slice(a, b + 1).reduce((sum, value) => sum + value, 0) / (b - a + 1)
        values.forEach((_, i) => {
          const lows = Array.from({ length: i + 1 }, (_ignored, a) =>
            Math.min(...Array.from({ length: values.length - i }, (_alsoIgnored, b) => mean(a, i + b))),
          )
          expect(fitted[i]).toBeCloseTo(Math.max(...lows), 9)
        })
      }),
    )
  })

  it('returns nothing for nothing', () => {
    expect(isotonicRegression(new Float64Array(0), new Float64Array(0)).length).toBe(0)
  })
})
