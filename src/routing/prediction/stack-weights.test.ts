import { describe, expect, it } from 'vitest'
import { stackWeights } from './stack-weights.ts'

const nan = Number.NaN

describe('stackWeights', () => {
  it('goes half-way from the fit to equal weights', () => {
    // The first member is the labels less a row constant, which centring removes; the second is worthless (constant).
    const quality = Float64Array.from([0.2, 0.6, 0.9, 0.1])
    const first = Float64Array.from([0.1, 0.5, 1, 0.2])
    const second = new Float64Array(4).fill(0.5)
    const weights = stackWeights([first, second], quality, 2)
    expect(weights[0]).toBeCloseTo((1 + 0.5) / 2, 12)
    expect(weights[1]).toBeCloseTo(0.25, 12)
  })

  it('compares inside a row over its known cells only', () => {
    const quality = Float64Array.from([0.2, 0.6, nan, 0.9, nan, nan])
    const member = Float64Array.from([0, 0.2, 1, 0.3, 0.1, 0])
    // Only row 1 counts: label differences ±.2, predicted ±.1, so the fit is 2 and half-way to 1 is 1.5.
    expect(stackWeights([member], quality, 3)[0]).toBeCloseTo(1.5, 12)
  })

  it('is equal weights when nothing is known', () => {
    expect([...stackWeights([new Float64Array(2), new Float64Array(2)], Float64Array.from([nan, 1]), 2)]).toEqual([
      0.25, 0.25,
    ])
  })
})
