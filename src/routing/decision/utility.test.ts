import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkUtilityOptions, latencyPenalty, tradeOff, utility } from './utility.ts'

const options = { explorationWidth: 0, latencyPenaltyWeight: 0.1, costReferenceUsd: 0.01 }

describe('latencyPenalty', () => {
  test('hand-worked: 1 at nine tenths of the limit, 10 at the limit, next to nothing at half', () => {
    expect(latencyPenalty(27_000, 30_000)).toBeCloseTo(1, 9)
    expect(latencyPenalty(30_000, 30_000)).toBeCloseTo(10, 9)
    expect(latencyPenalty(15_000, 30_000)).toBeCloseTo(1e-4, 9)
  })

  test('is capped', () => {
    expect(latencyPenalty(1e9, 30_000)).toBe(1e4)
  })
})

describe('utility', () => {
  test('hand-worked at λ = 1: half the quality less half the cost', () => {
    expect(utility(0.8, 0, 0.005, 0, tradeOff(1), options)).toBeCloseTo(0.4 - 0.25, 12)
  })

  test('the uncertainty and the penalty come in with their weights', () => {
    const s = utility(0.8, 0.1, 0.005, 2, tradeOff(1), { ...options, explorationWidth: 0.5 })
    expect(s).toBeCloseTo(0.5 * 0.85 - 0.25 - 0.2, 12)
  })

  test('laws: λ → ∞ ranks by quality, λ → 0 by cost', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(unit, unit, unit, unit, (qa, qb, ca, cb) => {
        if (qa - qb > 1e-3) {
          expect(utility(qa, 0, 0.01 * ca, 0, tradeOff(1e9), options)).toBeGreaterThan(
            utility(qb, 0, 0.01 * cb, 0, tradeOff(1e9), options),
          )
        }
        if (cb - ca > 1e-3) {
          expect(utility(qa, 0, 0.01 * ca, 0, tradeOff(1e-9), options)).toBeGreaterThan(
            utility(qb, 0, 0.01 * cb, 0, tradeOff(1e-9), options),
          )
        }
      }),
    )
  })
})

test('checkUtilityOptions refuses what is not a weight or a scale', () => {
  expect(() => checkUtilityOptions({ ...options, explorationWidth: -1 })).toThrow(/explorationWidth/)
  expect(() => checkUtilityOptions({ ...options, latencyPenaltyWeight: Number.NaN })).toThrow(/latencyPenaltyWeight/)
  expect(() => checkUtilityOptions({ ...options, costReferenceUsd: 0 })).toThrow(/costReferenceUsd/)
})
