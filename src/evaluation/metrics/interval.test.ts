import { describe, expect, it } from 'vitest'
import { bootstrapPValue, holm, percentileInterval, quantile, studentInterval } from './interval.ts'

describe('studentInterval', () => {
  it('meets a hand-worked case', () => {
    // 1, 2, 3: mean 2, s = 1, t(2) = 4.303, half-width 4.303/√3 = 2.48434.
    const interval = studentInterval([1, 2, 3])
    expect(interval.mean).toBe(2)
    expect(interval.low).toBeCloseTo(2 - 2.48434, 4)
    expect(interval.high).toBeCloseTo(2 + 2.48434, 4)
  })

  it('gives no ends for one run', () => {
    expect(studentInterval([0.4])).toEqual({ mean: 0.4, low: null, high: null })
  })
})

describe('percentileInterval', () => {
  it('cuts 2.5 % off either side and ignores what is not finite', () => {
    const replicates = [...Array.from({ length: 101 }, (_, i) => i / 100), Number.NaN]
    expect(percentileInterval(0.5, replicates)).toEqual({ mean: 0.5, low: 0.025, high: 0.975 })
  })

  it('gives no ends where there are too few replicates', () => {
    expect(percentileInterval(1, [1, 2])).toEqual({ mean: 1, low: null, high: null })
  })
})

describe('quantile', () => {
  it('interpolates between order statistics', () => {
    expect(quantile([10, 20], 0.25)).toBe(12.5)
  })
})

describe('bootstrapPValue', () => {
  it('is small when all replicates are on one side, and 1 when they are evenly on both', () => {
    expect(bootstrapPValue(Array.from({ length: 999 }, () => 1))).toBeCloseTo(0.002, 12)
    expect(bootstrapPValue([-1, 1])).toBe(1)
    expect(bootstrapPValue([0, 0, 0])).toBe(1)
  })
})

describe('holm', () => {
  it('meets a worked case of the step-down', () => {
    // Sorted .01, .03, .04 with factors 3, 2, 1: .03, .06, max(.04, .06).
    const adjusted = holm([0.03, 0.01, 0.04])
    expect(adjusted[0]).toBeCloseTo(0.06, 12)
    expect(adjusted[1]).toBeCloseTo(0.03, 12)
    expect(adjusted[2]).toBeCloseTo(0.06, 12)
  })

  it('never exceeds 1', () => {
    expect(holm([0.9, 0.8])).toEqual([1, 1])
  })
})
