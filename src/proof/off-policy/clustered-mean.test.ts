import { describe, expect, test } from 'vitest'
import { clusteredMean } from './clustered-mean.ts'

describe('clusteredMean', () => {
  test('with every row its own cluster it is Student’s interval: 1, 2, 3 gives 2 ± 4.303/√3', () => {
    const { value, low, high, standardError } = clusteredMean(Float64Array.of(1, 2, 3), Int32Array.of(0, 1, 2), 3)
    expect(value).toBe(2)
    expect(standardError).toBeCloseTo(1 / Math.sqrt(3), 12)
    expect(high).toBeCloseTo(2 + 4.303 / Math.sqrt(3), 3)
    expect(low).toBeCloseTo(2 - 4.303 / Math.sqrt(3), 3)
  })

  test('hand-worked: clusters of two rows', () => {
    // Scores 1, 2, 4, 5, 0, 6 in clusters 0 0 1 1 2 2: mean 3, S = −3, 3, 0; Var = (3/2)·18/36 = .75.
    const scores = Float64Array.of(1, 2, 4, 5, 0, 6)
    const { standardError } = clusteredMean(scores, Int32Array.of(0, 0, 1, 1, 2, 2), 3)
    expect(standardError).toBeCloseTo(Math.sqrt(0.75), 12)
  })

  test('rows that repeat within their cluster tell nothing new', () => {
    const values = [0.1, 0.7, 0.4, 0.9, 0.2]
    const once = clusteredMean(Float64Array.from(values), Int32Array.from([0, 1, 2, 3, 4]), 5)
    const twice = clusteredMean(
      Float64Array.from([...values, ...values]),
      Int32Array.from([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
      5,
    )
    expect(twice.standardError).toBeCloseTo(once.standardError, 12)
    expect(twice.high).toBeCloseTo(once.high, 12)
  })

  test('one cluster says nothing of its spread', () => {
    expect(clusteredMean(Float64Array.of(1, 2), Int32Array.of(0, 0), 1)).toMatchObject({
      value: 1.5,
      low: -Infinity,
      high: Infinity,
    })
  })
})
