import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { BudgetPacer, budgetStepSize, solveBudgetDual } from './budget-pacer.ts'

const options = { budgetUsd: 10, expectedRequests: 100, initialDual: 1, stepSize: 0.5, smoothing: 0.1 }

describe('BudgetPacer', () => {
  it('moves ν as worked by hand', () => {
    const pacer = new BudgetPacer(options)
    pacer.charge(0.4)
    // c̄ = .1 + .1·(.4 − .1) = .13, B_t = (10 − .4)/99; ν = 1 + .5·(.13/B_t − 1)
    const first = 1 + 0.5 * (0.13 / (9.6 / 99) - 1)
    expect(pacer.dual).toBeCloseTo(first, 12)
    pacer.charge(0)
    expect(pacer.dual).toBeCloseTo(first + 0.5 * (0.117 / (9.6 / 98) - 1), 12)
    expect(pacer.spentUsd).toBe(0.4)
  })

  it('never lets ν fall under 0, nor become infinite with the budget gone', () => {
    const amounts = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(amounts, (costs) => {
        const pacer = new BudgetPacer(options)
        for (const cost of costs) {
          pacer.charge(cost)
          expect(pacer.dual).toBeGreaterThanOrEqual(0)
          expect(Number.isFinite(pacer.dual)).toBe(true)
          expect(pacer.paceUsd).toBeGreaterThanOrEqual(0.01 - 1e-12)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('goes on bit for bit from a snapshot', () => {
    const random = new SeededRandom(3)
    const pacer = new BudgetPacer(options)
    for (let i = 0; i < 40; i++) pacer.charge(random.next() / 5)
    const restored = BudgetPacer.restore(pacer.snapshot())
    for (let i = 0; i < 40; i++) {
      const cost = random.next() / 5
      pacer.charge(cost)
      restored.charge(cost)
      expect(restored.dual).toBe(pacer.dual)
    }
    expect(restored.snapshot()).toEqual(pacer.snapshot())
  })

  it('spends a budget over its period, from a start that is off, also when a price trebles half-way', () => {
    for (const initialDual of [0, 0.3, 3]) {
      const random = new SeededRandom(11)
      const requests = 2000
      const pacer = new BudgetPacer({
        budgetUsd: 0.3 * requests,
        expectedRequests: requests,
        initialDual,
        stepSize: 0.02,
      })
      for (let i = 0; i < requests; i++) {
        const dear = i < requests / 2 ? 1 : 3
        // The dear one is better by up to 1; the cheap one is free.
        const worthIt = random.next() > pacer.dual * dear
        pacer.charge(worthIt ? dear : 0)
      }
      expect(pacer.spentUsd / (0.3 * requests)).toBeCloseTo(1, 1.5)
    }
  })

  it('takes steps in proportion to ν₀, and from nothing where ν₀ is 0', () => {
    expect(budgetStepSize(4)).toBeCloseTo(0.2, 12)
    expect(budgetStepSize(0)).toBeGreaterThan(0)
    expect(new BudgetPacer({ budgetUsd: 1, expectedRequests: 10, initialDual: 4 }).options.stepSize).toBe(
      budgetStepSize(4),
    )
  })

  it('refuses options out of range and amounts that are none', () => {
    for (const wrong of [
      { budgetUsd: 0 },
      { expectedRequests: 0 },
      { initialDual: -1 },
      { stepSize: 0 },
      { smoothing: 2 },
    ]) {
      expect(() => new BudgetPacer({ ...options, ...wrong })).toThrow(
        expect.objectContaining({ code: 'invalid_option' }),
      )
    }
    const pacer = new BudgetPacer(options)
    for (const cost of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => pacer.charge(cost)).toThrow(expect.objectContaining({ code: 'not_finite' }))
    }
    expect(pacer.dual).toBe(1)
    expect(() => BudgetPacer.restore({ formatVersion: 2, kind: 'budget-pacer' })).toThrow()
  })
})

describe('solveBudgetDual', () => {
  it('finds the smallest dual that keeps to the budget', () => {
    expect(solveBudgetDual((dual) => Math.exp(-dual), 0.25)).toBeCloseTo(Math.log(4), 9)
    const steps = (dual: number) => (dual < 0.7 ? 2 : dual < 30 ? 1 : 0.1)
    expect(solveBudgetDual(steps, 1.5)).toBeCloseTo(0.7, 9)
    expect(solveBudgetDual(steps, 0.5)).toBeCloseTo(30, 9)
    expect(steps(solveBudgetDual(steps, 0.5))).toBe(0.1)
  })

  it('is 0 under a loose budget, and large under one that nothing keeps to', () => {
    expect(solveBudgetDual(() => 1, 2)).toBe(0)
    expect(solveBudgetDual(() => 1, 0.5)).toBe(1e6)
  })
})
