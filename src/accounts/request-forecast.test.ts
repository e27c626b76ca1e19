import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedRequestsLeft } from './request-forecast.ts'

const hourMs = 3_600_000
const midnight = Date.UTC(2026, 10, 22)
const flat = new Array<number>(24).fill(100)

describe('expectedRequestsLeft', () => {
  test('a day like the days before has left what they had left', () => {
    expect(expectedRequestsLeft([flat, flat], 1200, midnight, midnight + 12 * hourMs)).toBeCloseTo(1200, 9)
    const evenings = flat.map((_, hour) => (hour >= 18 ? 400 : 0))
    expect(expectedRequestsLeft([evenings], 0, undefined, midnight + 12 * hourMs)).toBeCloseTo(2400, 9)
    expect(expectedRequestsLeft([evenings], 800, midnight, midnight + 20 * hourMs)).toBeCloseTo(1600, 9)
  })

  test('a busier day stays busier, by hand: (2000 + 50)/(1000 + 50) · 1400', () => {
    expect(expectedRequestsLeft([flat], 2000, midnight, midnight + 10 * hourMs)).toBeCloseTo((2050 / 1050) * 1400, 9)
  })

  test('a quarter past the hour three quarters of it are left', () => {
    expect(expectedRequestsLeft([flat], 1025, midnight, midnight + 10.25 * hourMs)).toBeCloseTo(1375, 9)
  })

  test('without earlier days it waits for an hour and a hundred requests, then goes by the rate', () => {
    const at = midnight + 8 * hourMs
    expect(expectedRequestsLeft([], 500, at - 0.5 * hourMs, at)).toBeUndefined()
    expect(expectedRequestsLeft([], 99, at - 2 * hourMs, at)).toBeUndefined()
    expect(expectedRequestsLeft([], 0, undefined, at)).toBeUndefined()
    expect(expectedRequestsLeft([], 200, at - 2 * hourMs, at)).toBeCloseTo(100 * 16, 9)
  })

  test('is a number of requests whatever came', () => {
    const counts = fc.array(fc.nat(10_000), { minLength: 24, maxLength: 24 })
    fc.assert(
      fc.property(
        fc.array(counts, { maxLength: 7 }),
        fc.nat(100_000),
        fc.nat(24 * hourMs - 1),
        (days, today, passed) => {
          const left = expectedRequestsLeft(days, today, midnight, midnight + passed)
          expect(left === undefined || (Number.isFinite(left) && left >= 0)).toBe(true)
        },
      ),
    )
  })
})
