import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import {
  bestCandidate,
  checkExploration,
  choiceProbabilities,
  defaultExploration,
  drawCandidate,
  type ExplorationOptions,
  noExploration,
} from './choice.ts'

const { POSITIVE_INFINITY: unlimited } = Number

/** Nothing limits but what a test is about. */
const plain: ExplorationOptions = {
  price: 0,
  floor: 0,
  floorPrice: unlimited,
  floorSpendShare: unlimited,
  trialShare: 0,
  trialPrice: unlimited,
  trialSpendShare: unlimited,
  trials: 0,
}

interface Candidate {
  readonly s: number
  readonly cost?: number
  /** Default: as uncertain as can be. */
  readonly deviation?: number
  readonly reach?: number
  readonly isTried?: boolean
}

function choose(candidates: readonly Candidate[], options: Partial<ExplorationOptions>): Float64Array {
  const out = new Float64Array(candidates.length)
  const inputs = {
    utility: Float64Array.from(candidates, ({ s }) => s),
    comparableCostUsd: Float64Array.from(candidates, ({ cost = 1 }) => cost),
    deviation: Float64Array.from(candidates, ({ deviation = 1e9 }) => deviation),
    reach: Float64Array.from(candidates, ({ reach = 1e9 }) => reach),
    isTried: Uint8Array.from(candidates, ({ isTried }) => Number(isTried ?? false)),
  }
  choiceProbabilities(inputs, candidates.length, { ...plain, ...options }, out)
  return out
}

function probabilities(
  utilities: readonly number[],
  price: number,
  floor: number,
  costs: readonly number[] = utilities.map(() => 1),
  floorSpendShare = unlimited,
) {
  const candidates = utilities.map((s, i) => ({ s, cost: costs[i]! }))
  return choose(candidates, { price, floor, floorSpendShare })
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
    // With a best one that is free or nearly so, a hundredth of the mean is the base: 1/200 of the dear one's cost, of which .125 is allowed.
    expect(probabilities([1, 0], 0, 0.02, [1, 1e6], 0.25)[1]).toBeCloseTo(0.000625, 8)
    expect(probabilities([1, 0], 0, 0.02, [0, 1], 0.25)[1]).toBeCloseTo(0.000625, 12)
    expect(probabilities([1, 0], 0, 0.02, [0, 1], 0.001)[1]).toBeCloseTo(0.0001, 12)
    expect(probabilities([1, 0], 0, 0.02, [100, 1], 0.25)[1]).toBeCloseTo(0.01, 12)
  })

  test('law: the floor adds at most its share of the base, or a hundredth of itself', () => {
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
        const base = Math.max(costs[0]!, (0.01 * costs.reduce((sum, cost) => sum + cost, 0)) / costs.length)
        expect(added).toBeLessThanOrEqual(0.25 * base + least + 1e-12)
        for (const probability of p) expect(probability).toBeGreaterThanOrEqual(0.0002 / costs.length - 1e-15)
      }),
    )
  })

  test('hand-worked: what is known better is explored less', () => {
    // T = √(.03² + .04²)/1.702 = .05/1.702, far below what the price allows: odds e^(−1.702·.1/.05) = e^−3.404.
    const [first, second] = choose(
      [
        { s: 0.5, deviation: 0.03 },
        { s: 0.4, deviation: 0.04 },
      ],
      { price: 1 },
    )
    expect(second! / first!).toBeCloseTo(Math.exp(-3.404), 12)
    const known = [
      { s: 0.5, deviation: 0 },
      { s: 0.4, deviation: 0 },
    ]
    expect([...choose(known, { price: 1 })]).toEqual([1, 0])
  })

  test('between two it is Thompson sampling, to .01', () => {
    for (const behind of [0, 0.01, 0.05, 0.1, 0.2]) {
      const two = [
        { s: 0, deviation: 0.05 },
        { s: -behind, deviation: 0.05 },
      ]
      const second = choose(two, { price: unlimited })[1]!
      expect(Math.abs(second - normalTail(behind / Math.hypot(0.05, 0.05)))).toBeLessThan(0.01)
    }
  })

  test('hand-worked: the floor of what is far behind costs no more than its price', () => {
    // Even parts are .01; behind by 1 that may lose .001/2.
    expect(choose([{ s: 1 }, { s: 0 }], { floor: 0.02, floorPrice: 0.001 })[1]).toBeCloseTo(0.0005, 12)
    expect(choose([{ s: 1 }, { s: 0.99 }], { floor: 0.02, floorPrice: 0.001 })[1]).toBeCloseTo(0.01, 12)
  })

  test('hand-worked: a newcomer is tried as often as it may be the best, within its shares', () => {
    const trial = { trialShare: 0.2, trialSpendShare: 0.25 }
    const incumbent = { s: 0.5, cost: 1, deviation: 0 }
    // Level with the best: ½, of which .2 are allowed; at a cost of 2, .125; behind by two deviations, 1/(1 + e^3.404).
    const level = choose([incumbent, { s: 0.49999999, deviation: 0.2, isTried: true }], trial)
    expect(level[1]).toBeCloseTo(0.2, 6)
    const dear = choose([incumbent, { s: 0.49999999, cost: 2, deviation: 0.2, isTried: true }], trial)
    expect(dear[1]).toBeCloseTo(0.125, 6)
    const behind = choose([incumbent, { s: 0.1, deviation: 0.2, isTried: true }], trial)
    expect(behind[1]).toBeCloseTo(1 / (1 + Math.exp(3.404)), 12)
    const hopeless = choose([incumbent, { s: 0.1, deviation: 0.2, reach: 0.39, isTried: true }], trial)
    expect(hopeless[1]).toBe(0)
    const many = choose(
      [incumbent, ...Array.from({ length: 4 }, () => ({ s: 0.49, deviation: 0.2, isTried: true }))],
      trial,
    )
    expect(many[0]).toBeCloseTo(0.8, 12)
    expect(many[1]).toBeCloseTo(0.05, 12)
  })

  test('a newcomer that ties without any uncertainty is no trial, and no NaN', () => {
    const tied = { s: 0.1, deviation: 0 }
    expect([...choose([tied, { ...tied, isTried: true }], { trialShare: 0.2 })]).toEqual([1, 0])
  })

  test('a free best candidate does not end trials', () => {
    const free = { s: 0.5, cost: 0, deviation: 0 }
    const p = choose([free, { s: 0.5, cost: 1, deviation: 0.2, isTried: true }], {
      trialShare: 0.2,
      trialSpendShare: 0.25,
    })
    // A quarter of a hundredth of the mean cost, .5.
    expect(p[1]).toBeCloseTo(0.00125, 12)
  })

  test('laws: trials together keep to their share, their price and their part of the bill; all exploring to its price and theirs', () => {
    const candidate = fc.record({
      s: fc.double({ min: 0, max: 1, noNaN: true }),
      cost: fc.double({ min: 0, max: 10, noNaN: true }),
      deviation: fc.double({ min: 0, max: 0.3, noNaN: true }),
      isTried: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 2, maxLength: 12 }), (candidates) => {
        const best = bestCandidate(
          Float64Array.from(candidates, ({ s }) => s),
          Float64Array.from(candidates, ({ cost }) => cost),
          candidates.length,
        )
        const { s, cost } = candidates[best]!
        const base = Math.max(cost, (0.01 * candidates.reduce((sum, each) => sum + each.cost, 0)) / candidates.length)
        // Nothing but trials.
        const { trialShare, trialPrice, trialSpendShare } = defaultExploration
        const tried = choose(candidates, { trialShare, trialPrice, trialSpendShare })
        const over = (weigh: (i: number) => number) =>
          tried.reduce((sum, p, i) => sum + (i === best ? 0 : p * weigh(i)), 0)
        expect(over(() => 1)).toBeLessThanOrEqual(trialShare + 1e-9)
        expect(over((i) => s - candidates[i]!.s)).toBeLessThanOrEqual(trialPrice + 1e-9)
        expect(over((i) => candidates[i]!.cost)).toBeLessThanOrEqual(trialSpendShare * base + 1e-9)
        const all = choose(candidates, { ...defaultExploration })
        const loss = all.reduce((sum, p, i) => sum + p * (s - candidates[i]!.s), 0)
        expect(loss).toBeLessThanOrEqual(defaultExploration.price + trialPrice + 1e-9)
      }),
    )
  })

  test('law: whatever is uncertain, tried or dear, probabilities sum to 1 and none is negative', () => {
    const candidate = fc.record({
      s: fc.double({ min: -1e4, max: 1, noNaN: true }),
      cost: fc.double({ min: 0, max: 10, noNaN: true }),
      deviation: fc.double({ min: 0, max: 1, noNaN: true }),
      isTried: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 20 }), (candidates) => {
        const p = choose(candidates, { ...defaultExploration })
        expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
        const least = candidates.length === 1 ? 1 : 0.0002 / candidates.length
        for (const value of p) expect(value).toBeGreaterThanOrEqual(least - 1e-15)
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

  test('laws: sums to 1; everyone has the floor; of equally uncertain ones the better is never less likely', () => {
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
  const options = noExploration
  expect(() => checkExploration({ ...options, price: Number.NaN })).toThrow(/price/)
  expect(() => checkExploration({ ...options, floor: 1.5 })).toThrow(/floor/)
  expect(() => checkExploration({ ...options, floorSpendShare: -1 })).toThrow(/share/)
  expect(() => checkExploration({ ...options, floor: 0.5, trialShare: 0.6 })).toThrow(/newcomers/)
})

/** 1 − Φ(x) by the midpoint rule. */
function normalTail(x: number): number {
  let sum = 0
  for (let i = 0; i < 20_000; i++) sum += Math.exp(-((x + (i + 0.5) * 5e-4) ** 2) / 2) * 5e-4
  return sum / Math.sqrt(2 * Math.PI)
}
