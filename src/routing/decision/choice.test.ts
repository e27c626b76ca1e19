import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { bestCandidate, checkExploration, choiceProbabilities, drawCandidate } from './choice.ts'

function probabilities(
  utilities: readonly number[],
  price: number,
  floor: number,
  costs: readonly number[] = utilities.map(() => 1),
  floorSpendShare = Number.POSITIVE_INFINITY,
) {
  const out = new Float64Array(utilities.length)
  const options = { price, floor, floorSpendShare }
  choiceProbabilities(Float64Array.from(utilities), Float64Array.from(costs), utilities.length, options, out)
  return out
}

describe('choiceProbabilities', () => {
  test('hand-worked: two candidates, T = .1/ln 2', () => {
    const [first, second] = probabilities([0.5, 0.4], 0.1, 0)
    // e^(−.1/T) = e^(−ln 2) = ½, so the softmax is ⅔, ⅓.
    expect(first).toBeCloseTo(2 / 3, 12)
    expect(second).toBeCloseTo(1 / 3, 12)
  })

  test('hand-worked: the floor is paid out of the price', () => {
    const [first, second] = probabilities([0.5, 0.4], 0.099, 0.02)
    // The floor loses .02·.05 = .001; the other .98 of the draws may lose .098, so T = .1/ln 2 as above.
    expect(first).toBeCloseTo(0.98 * (2 / 3) + 0.01, 12)
    expect(second).toBeCloseTo(0.98 / 3 + 0.01, 12)
    expect([...probabilities([1, 0], 0.005, 0.02)]).toEqual([0.99, 0.01])
  })

  test('hand-worked: a dear candidate gets less of the floor, but some', () => {
    // Its even part, .01, would add .01·100 to a bill of 1; a quarter of that bill, halved, allows .125/100.
    const dear = probabilities([1, 0], 0, 0.02, [1, 100], 0.25)
    expect(dear[1]).toBeCloseTo(0.00125, 12)
    expect(dear[0]).toBeCloseTo(0.99875, 12)
    expect(probabilities([1, 0], 0, 0.02, [1, 1e6], 0.25)[1]).toBeCloseTo(0.0001, 12)
    expect(probabilities([1, 0], 0, 0.02, [0, 1], 0.25)[1]).toBeCloseTo(0.0001, 12)
    expect(probabilities([1, 0], 0, 0.02, [100, 1], 0.25)[1]).toBeCloseTo(0.01, 12)
  })

  test('law: the floor adds at most its share of the best candidate’s cost, or a hundredth of itself', () => {
    const costList = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(costList, (costs) => {
        const p = probabilities(
          costs.map((_, i) => -i),
          0,
          0.02,
          costs,
          0.25,
        )
        const added = costs.reduce((sum, cost, i) => sum + (i === 0 ? 0 : p[i]! * cost), 0)
        const least = costs.reduce((sum, cost) => sum + (0.0002 / costs.length) * cost, 0)
        expect(added).toBeLessThanOrEqual(0.25 * costs[0]! + least + 1e-12)
        for (const probability of p) expect(probability).toBeGreaterThanOrEqual(0.0002 / costs.length - 1e-15)
      }),
    )
  })

  test('a candidate under a veto does not end exploring among the others', () => {
    const [first, second] = probabilities([0.5, 0.499, -1000], 0.02, 0.02)
    expect(second! / first!).toBeGreaterThan(0.5)
  })

  test('what is not finite is refused, never drawn from', () => {
    expect(() => probabilities([0.5, Number.NaN], 0.005, 0.02)).toThrow(/finite/)
    expect(() => probabilities([0.5, 0.4], 0.005, 0.02, [1, Number.NaN])).toThrow(/finite/)
    expect(() => probabilities([Number.NaN], 0.005, 0.02)).toThrow(/finite/)
  })

  test('price 0 takes the best; ties go to the cheaper', () => {
    expect([...probabilities([0.1, 0.9, 0.9], 0, 0, [1, 3, 2])]).toEqual([0, 0, 1])
    expect([...probabilities([0.1, 0.9], 0, 0.02)]).toEqual([0.01, 0.99])
  })

  test('a single candidate is certain', () => {
    expect([...probabilities([-3], 0.005, 0.02)]).toEqual([1])
  })

  const utilityList = fc.array(fc.double({ min: -1e4, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 })

  test('laws: sums to 1; everyone has the floor; the better is never less likely', () => {
    fc.assert(
      fc.property(utilityList, (utilities) => {
        const p = probabilities(utilities, 0.005, 0.02)
        expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
        for (const value of p) expect(value).toBeGreaterThanOrEqual(0.02 / utilities.length - 1e-15)
        utilities.forEach((a, i) => {
          utilities.forEach((b, j) => {
            if (a > b) expect(p[i]!).toBeGreaterThanOrEqual(p[j]!)
          })
        })
      }),
    )
  })

  test('law: exploring costs at most its price, or that of the floor alone, on every request', () => {
    fc.assert(
      fc.property(utilityList, fc.double({ min: 1e-4, max: 0.1, noNaN: true }), (utilities, price) => {
        const p = probabilities(utilities, price, 0.02)
        const best = Math.max(...utilities)
        const loss = p.reduce((sum, value, i) => sum + value * (best - utilities[i]!), 0)
        const floorLoss = utilities.reduce((sum, value) => sum + (0.02 * (best - value)) / utilities.length, 0)
        // Vetoes count as a loss of 1 when the softmax gets what the floor leaves.
        const vetoed = utilities.reduce(
          (sum, value) => sum + (0.02 * Math.max(0, best - value - 1)) / utilities.length,
          0,
        )
        expect(loss).toBeLessThanOrEqual((Math.max(price, floorLoss) + vetoed) * (1 + 1e-9))
      }),
    )
  })
})

describe('drawCandidate', () => {
  test('frequencies match the probabilities within four standard errors', () => {
    const random = new SeededRandom(11)
    const p = Float64Array.of(0.2, 0, 0.5, 0.3)
    const counts = [0, 0, 0, 0]
    const draws = 20_000
    for (let i = 0; i < draws; i++) counts[drawCandidate(p, 4, random)]!++
    p.forEach((probability, i) => {
      const error = 4 * Math.sqrt((probability * (1 - probability)) / draws)
      expect(Math.abs(counts[i]! / draws - probability)).toBeLessThanOrEqual(error)
    })
  })

  test('rounding in the sum never draws a candidate without support', () => {
    expect(drawCandidate(Float64Array.of(0.5, 0.4999999, 0), 3, { next: () => 0.99999999 })).toBe(1)
  })
})

test('bestCandidate: the earlier of two that are equal in utility and cost', () => {
  expect(bestCandidate(Float64Array.of(1, 1), Float64Array.of(2, 2), 2)).toBe(0)
})

test('checkExploration refuses what cannot be served', () => {
  const options = { price: 0, floor: 0, floorSpendShare: 0 }
  expect(() => checkExploration({ ...options, price: Number.NaN })).toThrow(/price/)
  expect(() => checkExploration({ ...options, floor: 1.5 })).toThrow(/floor/)
  expect(() => checkExploration({ ...options, floorSpendShare: -1 })).toThrow(/share/)
})
