import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areaUnderCurve, costOfQuality, deferralCurve, qualityAtCost, rawCurve } from './deferral-curve.ts'

const points = [
  { costUsd: 4, quality: 0.8 },
  { costUsd: 1, quality: 0.4 },
  { costUsd: 2, quality: 0.3 },
  { costUsd: 1, quality: 0.2 },
]

describe('deferralCurve', () => {
  it('sorts by cost and never falls', () => {
    expect(deferralCurve(points)).toEqual([
      { costUsd: 1, quality: 0.4 },
      { costUsd: 2, quality: 0.4 },
      { costUsd: 4, quality: 0.8 },
    ])
  })
})

describe('rawCurve', () => {
  it('sorts by cost, averages equal costs and may fall', () => {
    const curve = rawCurve(points)
    expect(curve).toEqual([
      { costUsd: 1, quality: expect.closeTo(0.3, 12) },
      { costUsd: 2, quality: 0.3 },
      { costUsd: 4, quality: 0.8 },
    ])
    // .3·2 + (.3 + .8)/2·2 + .8·1 = 2.5 over 5.
    expect(areaUnderCurve(curve, 0, 5, 5)).toBeCloseTo(0.5, 12)
    const falling = rawCurve([
      { costUsd: 3, quality: 0.2 },
      { costUsd: 1, quality: 0.6 },
    ])
    expect(areaUnderCurve(falling, 0, 4, 4)).toBeCloseTo((0.6 + 0.4 * 2 + 0.2) / 4, 12)
  })
})

describe('areas and costs on a hand-made curve', () => {
  const curve = deferralCurve(points)

  it('integrates trapezia, flat at both ends', () => {
    // .4·1 + .4·1 + (.4 + .8)/2·2 + .8·1 = 2.8 over 5.
    expect(areaUnderCurve(curve, 0, 5, 5)).toBeCloseTo(0.56, 12)
    // Up to half: .4·2 + (.4 + .5)/2·.5 = 1.025, over the whole.
    expect(areaUnderCurve(curve, 0, 2.5, 5)).toBeCloseTo(0.205, 12)
  })

  it('reads quality at a cost and cost at a quality', () => {
    expect(qualityAtCost(curve, 3)).toBeCloseTo(0.6, 12)
    expect(qualityAtCost(curve, 0.1)).toBe(0.4)
    expect(qualityAtCost(curve, 9)).toBe(0.8)
    expect(costOfQuality(curve, 0.6)).toBeCloseTo(3, 12)
    expect(costOfQuality(curve, 0.1)).toBe(1)
    expect(costOfQuality(curve, 0.81)).toBeUndefined()
  })
})

describe('areaUnderCurve', () => {
  it('is additive and lies between the curve’s ends', () => {
    const point = fc.record({
      costUsd: fc.double({ min: 0.01, max: 1, noNaN: true }),
      quality: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (made, cut) => {
          const curve = deferralCurve(made)
          const whole = areaUnderCurve(curve, 0, 1, 1)
          expect(areaUnderCurve(curve, 0, cut, 1) + areaUnderCurve(curve, cut, 1, 1)).toBeCloseTo(whole, 9)
          expect(whole).toBeGreaterThanOrEqual(curve[0]!.quality - 1e-12)
          expect(whole).toBeLessThanOrEqual(curve.at(-1)!.quality + 1e-12)
        },
      ),
    )
  })
})
