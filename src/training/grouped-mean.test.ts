import { describe, expect, it } from 'vitest'
import { groupedMean } from './grouped-mean.ts'

describe('groupedMean', () => {
  it('has the error of as many rows as there are groups', () => {
    const values = Float64Array.of(1, 2, 3, 6)
    const { mean, error } = groupedMean(values)
    expect(mean).toBe(3)
    // Variance (4 + 1 + 0 + 9)/4.
    expect(error).toBeCloseTo(Math.sqrt(14 / 4 / 4), 12)
    const twice = Float64Array.of(...values, ...values)
    expect(groupedMean(twice, Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3))).toEqual({ mean, error })
    expect(groupedMean(twice).error).toBeLessThan(error)
  })

  it('leaves out what is unknown', () => {
    expect(groupedMean(Float64Array.of(1, Number.NaN, 3))).toEqual(groupedMean(Float64Array.of(1, 3)))
    expect(groupedMean(Float64Array.of(Number.NaN))).toEqual({ mean: 0, error: 0 })
  })
})
