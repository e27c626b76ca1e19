import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { BettingProcess, spreadOf } from './betting-process.ts'

describe('BettingProcess', () => {
  test('hand-worked: one entry', () => {
    const process = new BettingProcess()
    // σ² is .1·4 = .4 at first: bets g/.4 = .0125, .025, .05, .1, .2, .4, none above .9/2 = .45.
    process.observe(0.5, 2, spreadOf(0.5))
    const stakes = [0.1, 0.2, 0.25, 0.25, 0.15, 0.05]
    const bets = [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4]
    const wealth = (sign: number) => stakes.reduce((sum, stake, j) => sum + stake * (1 + sign * bets[j]! * 0.5), 0)
    expect(process.wealthAbove).toBeCloseTo(wealth(1), 12)
    expect(process.wealthBelow).toBeCloseTo(wealth(-1), 12)
  })

  test('hand-worked: the second bet looks at the first entry only', () => {
    const process = new BettingProcess()
    process.observe(1, 10, 10)
    process.observe(-1, 10, 10)
    // First σ² = .1·10 = 1. Then 10·(.1·20 + 1²/10)/21 = 1.
    const stakes = [0.1, 0.2, 0.25, 0.25, 0.15, 0.05]
    const bets = [0.005, 0.01, 0.02, 0.04, 0.08, 0.09]
    const wealth = stakes.reduce((sum, stake, j) => sum + stake * (1 + bets[j]!) * (1 - bets[j]!), 0)
    expect(process.wealthAbove).toBeCloseTo(wealth, 12)
  })

  test('Ville: fair sequences, looked at after each entry, pass 1/α in at most α of the runs', () => {
    const random = new SeededRandom(11)
    let passed = 0
    const runs = 400
    for (let run = 0; run < runs; run++) {
      const process = new BettingProcess()
      // Rare large entries against frequent small ones, mean 0: what a canary of a tenth gives.
      for (let i = 0; i < 400 && !process.isAbove(0.05); i++) {
        process.observe(random.next() < 0.1 ? 9 : -1, 10, spreadOf(0.1))
      }
      if (process.isAbove(0.05)) passed++
    }
    // 5 % of 400 is 20; three standard deviations more would be 33.
    expect(passed).toBeLessThanOrEqual(20)
  })

  test('a bound follows the mean, keeps below it, and 0 under it is the test itself', () => {
    const random = new SeededRandom(3)
    const process = new BettingProcess()
    for (let i = 0; i < 3000; i++) process.observe(0.06 + (random.next() < 0.5 ? 0.5 : -0.5), 2, spreadOf(0.5))
    expect(process.isAbove(0.05)).toBe(true)
    expect(process.lowerBound(0.05)).toBeGreaterThanOrEqual(0.02)
    expect(process.lowerBound(0.05)).toBeLessThan(0.06)
    expect(process.upperBound(0.05)).toBeGreaterThan(0.06)
    expect(process.upperBound(0.05)).toBeLessThanOrEqual(0.15)
    expect(new BettingProcess().lowerBound(0.05)).toBeUndefined()
    expect(new BettingProcess().upperBound(0.05)).toBeUndefined()
  })

  test('laws: wealth is never negative, a mean of opposite sign mirrors it, a snapshot goes on bit for bit', () => {
    const entry = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fc.array(entry, { maxLength: 5 }), (before, after) => {
        const [process, mirror] = [new BettingProcess(), new BettingProcess()]
        for (const value of before) {
          process.observe(value, 1, 4)
          mirror.observe(-value, 1, 4)
        }
        expect(process.wealthAbove).toBeGreaterThanOrEqual(0)
        expect(mirror.wealthBelow).toBeCloseTo(process.wealthAbove, 9)
        const restored = BettingProcess.restore(process.snapshot())
        for (const value of after) {
          process.observe(value, 1, 4)
          restored.observe(value, 1, 4)
        }
        expect(restored.snapshot()).toEqual(process.snapshot())
      }),
    )
  })
})
