import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { BudgetPacer, solveBudgetDual, spendCurve } from './budget-pacer.ts'

/** Costs 1 at ν = 0, .5 at 1, .1 at 3. */
const curve = { duals: Float64Array.of(0, 1, 3), meanCostUsd: Float64Array.of(1, 0.5, 0.1) }
const options = { budgetUsd: 30, expectedRequests: 100, curve, stepSize: 0.1 }

/** The dear one is better by up to 1, the cheap one is free: 1 − ν of the requests are worth a cost of 1. */
const fromWorth = spendCurve((dual) => Math.max(0, 1 - dual))

describe('BudgetPacer', () => {
  it('moves ν as worked by hand', () => {
    const pacer = new BudgetPacer(options)
    // B_t = .3, half-way between .5 and .1 of the curve.
    expect(pacer.dual).toBeCloseTo(2, 12)
    pacer.charge(0.6)
    // a = .1·(.6/.3 − 1); .3 too much is paid back over 25 requests.
    const aimed = (0.3 - 0.3 / 25) * Math.exp(-0.1)
    expect(pacer.dual).toBeCloseTo(1 + (2 * (0.5 - aimed)) / 0.4, 12)
    expect(pacer.spentUsd).toBe(0.6)
  })

  it('asks nothing for a dollar where the budget is loose, and the most of its curve where none is so cheap', () => {
    expect(new BudgetPacer({ ...options, budgetUsd: 200 }).dual).toBe(0)
    expect(new BudgetPacer({ ...options, budgetUsd: 1 }).dual).toBe(3)
  })

  it('keeps ν on its curve and the pace above 0, also with the budget gone', () => {
    const amounts = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(amounts, (costs) => {
        const pacer = new BudgetPacer(options)
        for (const cost of costs) {
          pacer.charge(cost)
          expect(pacer.dual).toBeGreaterThanOrEqual(0)
          expect(pacer.dual).toBeLessThanOrEqual(3)
          expect(pacer.paceUsd).toBeGreaterThanOrEqual(0.03 - 1e-12)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('goes on bit for bit from a snapshot', () => {
    const random = new SeededRandom(3)
    const pacer = new BudgetPacer(options)
    for (let i = 0; i < 40; i++) pacer.charge(random.next() / 2)
    const restored = BudgetPacer.restore(pacer.snapshot())
    for (let i = 0; i < 40; i++) {
      const cost = random.next() / 2
      pacer.charge(cost)
      restored.charge(cost)
      expect(restored.dual).toBe(pacer.dual)
    }
    expect(restored.snapshot()).toEqual(pacer.snapshot())
  })

  it('spends a budget over its period within 1 %, also when prices are not those of the curve, or treble half-way', () => {
    for (const [first, second] of [
      [1, 1],
      [1, 3],
      [0.5, 0.5],
      [3, 1],
    ] as const) {
      const random = new SeededRandom(11)
      const requests = 2000
      const pacer = new BudgetPacer({ budgetUsd: 0.3 * requests, expectedRequests: requests, curve: fromWorth })
      for (let i = 0; i < requests; i++) {
        const dear = i < requests / 2 ? first : second
        pacer.charge(random.next() > pacer.dual * dear ? dear : 0)
      }
      expect(Math.abs(pacer.spentUsd / (0.3 * requests) - 1)).toBeLessThan(0.01)
    }
  })

  it('keeps to the rate of a budget, within 2 %, where its period is told a quarter too long, too short or far too short', () => {
    for (const told of [1.25, 0.75, 0.1]) {
      const random = new SeededRandom(11)
      const requests = 2000
      const expectedRequests = told * requests
      const pacer = new BudgetPacer({ budgetUsd: 0.3 * expectedRequests, expectedRequests, curve: fromWorth })
      for (let i = 0; i < requests; i++) pacer.charge(random.next() > pacer.dual ? 1 : 0)
      expect(Math.abs(pacer.spentUsd / (0.3 * requests) - 1)).toBeLessThan(0.02)
    }
  })

  it('hand-worked: after the last expected request the next period begins, with what is owed', () => {
    const pacer = new BudgetPacer(options)
    for (let i = 0; i < 100; i++) pacer.charge(0.35)
    expect(pacer.leftUsd).toBeCloseTo(60 - 35, 9)
    // 5 owed, over 25 requests.
    expect(pacer.paceUsd).toBeCloseTo(0.3 - 5 / 25, 9)
  })

  it('buys within 1 % of what the best fixed ν would, where the curve is right', () => {
    const random = new SeededRandom(5)
    const requests = 5000
    const worths = Array.from({ length: requests }, () => random.next())
    const pacer = new BudgetPacer({ budgetUsd: 0.3 * requests, expectedRequests: requests, curve: fromWorth })
    let bought = 0
    for (const worth of worths) {
      const takes = worth > pacer.dual
      if (takes) bought += worth
      pacer.charge(takes ? 1 : 0)
    }
    const best = worths.toSorted((a, b) => b - a).slice(0, 0.3 * requests)
    expect(bought / best.reduce((sum, worth) => sum + worth, 0)).toBeGreaterThan(0.99)
  })

  it('follows another curve, and what it learned of the stream stays', () => {
    const pacer = new BudgetPacer(options)
    pacer.charge(0.6)
    const cheaper = { duals: curve.duals, meanCostUsd: curve.meanCostUsd.map((cost) => cost / 2) }
    pacer.follow(cheaper)
    const aimed = (0.3 - 0.3 / 25) * Math.exp(-0.1)
    expect(pacer.dual).toBeCloseTo((0.5 - aimed) / 0.25, 12)
    expect(BudgetPacer.restore(pacer.snapshot()).dual).toBe(pacer.dual)
    expect(pacer.leftUsd).toBeCloseTo(29.4, 12)
    expect(pacer.ceilingUsd).toBeCloseTo(14.7, 12)
    pacer.charge(29.36)
    expect(pacer.ceilingUsd).toBe(pacer.paceUsd)
  })

  it('refuses options out of range and amounts that are none', () => {
    for (const wrong of [
      { budgetUsd: 0 },
      { expectedRequests: 0 },
      { stepSize: 0 },
      { curve: { duals: Float64Array.of(0), meanCostUsd: Float64Array.of(1) } },
      { curve: { duals: Float64Array.of(1, 2), meanCostUsd: Float64Array.of(1, 0.5) } },
      { curve: { duals: Float64Array.of(0, 1), meanCostUsd: Float64Array.of(0.5, 1) } },
      { curve: { duals: Float64Array.of(0, 1), meanCostUsd: Float64Array.of(1, Number.NaN) } },
    ]) {
      expect(() => new BudgetPacer({ ...options, ...wrong })).toThrow(
        expect.objectContaining({ code: 'invalid_option' }),
      )
    }
    const pacer = new BudgetPacer(options)
    for (const cost of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => pacer.charge(cost)).toThrow(expect.objectContaining({ code: 'not_finite' }))
    }
    expect(pacer.spentUsd).toBe(0)
    expect(() => BudgetPacer.restore({ formatVersion: 1, kind: 'budget-pacer' })).toThrow()
  })
})

test('spendCurve holds costs level where they rise by chance', () => {
  const { duals, meanCostUsd } = spendCurve((dual) => 1 / (1 + dual) + 0.1 * Math.sin(40 * dual))
  expect(duals[0]).toBe(0)
  expect(meanCostUsd[0]).toBe(1)
  meanCostUsd.forEach((cost, i) => {
    if (i > 0) expect(cost).toBeLessThanOrEqual(meanCostUsd[i - 1]!)
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
