import { describe, expect, it } from 'vitest'
import { binomialInterval } from './binomial-interval.ts'

const outcomes = (successes: number, n: number) => Array.from({ length: n }, (_, i) => Number(i < successes))

describe('binomialInterval', () => {
  it('is Wilson’s', () => {
    // z²/(n + z²) is where it ends without a success.
    const none = binomialInterval(outcomes(0, 20))
    expect(none).toEqual({ mean: 0, low: 0, high: expect.closeTo(3.841459 / 23.841459, 6) })
    const half = binomialInterval(outcomes(10, 20))
    expect([half.low, half.high]).toEqual([expect.closeTo(0.299298, 5), expect.closeTo(0.700702, 5)])
  })

  it('says nothing of a handful', () => {
    expect(binomialInterval(outcomes(5, 5))).toEqual({ mean: 1, low: null, high: null })
  })
})
