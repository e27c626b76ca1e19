import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { BillCorrections } from './bill-corrections.ts'

function observeBill(corrections: BillCorrections, baseUsd: number, billedUsd: number | undefined): void {
  corrections.observe('a', baseUsd, billedUsd, undefined, undefined)
}

describe('BillCorrections', () => {
  it('follows bills by one part in fifty', () => {
    const corrections = new BillCorrections()
    expect(corrections.of('a').factor).toBe(1)
    observeBill(corrections, 0.01, 0.03)
    expect(corrections.of('a').factor).toBeCloseTo(1 + 0.02 * (3 - 1), 15)
    for (let i = 0; i < 50; i++) observeBill(corrections, 0.01, 0.02)
    // 50 answers leave 1/e of a gap: .98^50 = .364.
    expect(2 - corrections.of('a').factor).toBeCloseTo((2 - 1.04) * 0.98 ** 50, 12)
    expect(corrections.of('other').factor).toBe(1)
  })

  it.each([0, 50, 200])('settles at the true ratio without overshoot with %d calls under way', (underWay) => {
    const corrections = new BillCorrections()
    const bases: number[] = []
    let last = 1
    for (let i = 0; i < 600; i++) {
      bases.push(0.001 * (1 + (i % 7)))
      if (bases.length <= underWay) continue
      const base = bases.shift()!
      observeBill(corrections, base, 2 * base)
      const { factor } = corrections.of('a')
      expect(factor).toBeGreaterThanOrEqual(last)
      expect(factor).toBeLessThanOrEqual(2)
      last = factor
    }
    expect(last).toBeGreaterThan(1.99)
  })

  it('moves little by one absurd bill, and by nine', () => {
    const corrections = new BillCorrections()
    observeBill(corrections, 0.001, 1e6)
    expect(corrections.of('a').factor).toBeCloseTo(1.06, 12)
    for (let i = 0; i < 8; i++) observeBill(corrections, 0.001, 0.01)
    expect(corrections.of('a').factor).toBeLessThan(1.5)
  })

  it('stays between a quarter and four times', () => {
    const corrections = new BillCorrections()
    for (let i = 0; i < 2000; i++) observeBill(corrections, 0.001, 1)
    expect(corrections.of('a').factor).toBeCloseTo(4, 9)
    for (let i = 0; i < 2000; i++) observeBill(corrections, 0.001, 0)
    expect(corrections.of('a').factor).toBeCloseTo(0.25, 9)
  })

  // Expected values: 1 − E(r − 4)₊ + E(1/4 − r)₊ of a log-normal r with mean 1, by Black–Scholes' formula.
  it.each([
    [0.6, -0.0031],
    [0.8, -0.0191],
    [1, -0.0519],
  ])('of unbiased log-normal bills with σ = %d keeps a bias of %d, ± .006', (sigma, bias) => {
    const random = new SeededRandom(11)
    const corrections = new BillCorrections()
    let sum = 0
    const count = 60_000
    for (let i = 0; i < count; i++) {
      observeBill(corrections, 1, Math.exp(sigma * nextNormal(random) - (sigma * sigma) / 2))
      sum += corrections.of('a').factor
    }
    expect(Math.abs(sum / count - 1 - bias)).toBeLessThan(0.006)
  })

  it('ignores what it cannot compare', () => {
    const corrections = new BillCorrections()
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, -1]
    for (const base of [...bad, 0]) observeBill(corrections, base, 1)
    for (const billed of [...bad, undefined]) observeBill(corrections, 1, billed)
    for (const tokens of bad) corrections.observe('a', Number.NaN, undefined, tokens, undefined)
    const { factor, outputTokens } = corrections.of('a')
    expect([factor, outputTokens]).toEqual([1, new BillCorrections().of('a').outputTokens])
  })

  it('gives the same factor to the last bit when the same bills come again', () => {
    const random = new SeededRandom(3)
    const bills = Array.from({ length: 500 }, () => [random.next(), 2 * random.next()] as const)
    const [live, replayed] = [new BillCorrections(), new BillCorrections()]
    for (const [base, billed] of bills) observeBill(live, base, billed)
    for (const [base, billed] of bills) observeBill(replayed, base, billed)
    const restored = BillCorrections.restore(structuredClone(live.snapshot()))
    expect(replayed.of('a')).toEqual(live.of('a'))
    expect(restored.of('a')).toEqual(live.of('a'))
  })
})
