import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../numeric/random-source.ts'
import { calibrateAmounts, expectedAmount } from './amount-calibration.ts'

describe('calibrateAmounts', () => {
  it('agrees with a case worked by hand', () => {
    // Roots 1 and 3, predicted 1.5 and 2.5, ten times each: y = 1, 9 and v = 2.25, 6.25 around 5 and 4.25.
    const roots = Float64Array.from({ length: 20 }, (_, row) => (row % 2 === 0 ? 1 : 3))
    const predicted = roots.map((root) => (root === 1 ? 1.5 : 2.5))
    const cells = { amounts: roots.map((root) => root * root), roots, columns: 1 }
    const { low, high, means, centres, trust, spread90, means90 } = calibrateAmounts(cells, predicted)
    expect([low[0], high[0], means[0], centres[0], means90[0]]).toEqual([1, 3, 5, 4.25, 9])
    // The slope is 4·20·2/(2²·20) = 2 but for chance: r² = 1, so that nothing is taken off; then it is held to 1.5.
    expect(trust[0]).toBe(1.5)
    // 5 ± 1.5·2: 2 and 8.
    expect(spread90[0]).toBeCloseTo(9 / 8, 12)
    expect(expectedAmount({ low, high, means, centres, trust }, 0, 2.5)).toBeCloseTo(8, 12)
  })

  it('trusts a prediction that goes the wrong way not at all', () => {
    const roots = Float64Array.from({ length: 40 }, (_, row) => 1 + (row % 2))
    const cells = { amounts: roots.map((root) => root * root), roots, columns: 1 }
    const { trust } = calibrateAmounts(
      cells,
      roots.map((root) => 3 - root),
    )
    expect(trust[0]).toBe(0)
  })

  it('counts neither rows nor columns that tell nothing as evidence', () => {
    const known = 60
    const cellsOf = (rows: number, columns: number) => {
      const own = new SeededRandom(3)
      const roots = new Float64Array(rows * columns).fill(Number.NaN)
      const predicted = new Float64Array(rows * columns).fill(5)
      for (let row = 0; row < known; row++) {
        predicted[row * columns] = 5 + 0.5 * nextNormal(own)
        roots[row * columns] = predicted[row * columns]! + 2 * nextNormal(own)
        // All other LLMs are free.
        for (let column = 1; column < columns; column++) roots[row * columns + column] = 0
      }
      return calibrateAmounts({ amounts: roots.map((root) => root * root), roots, columns }, predicted).trust[0]
    }
    const alone = cellsOf(known, 1)
    expect(alone).toBeGreaterThan(0)
    expect(cellsOf(5000, 1)).toBe(alone)
    expect(cellsOf(known, 10)).toBeCloseTo(alone!, 12)
  })

  it('lends a column of few rows the trust of the others', () => {
    const random = new SeededRandom(1)
    const rows = 1000
    const columns = 5
    const roots = new Float64Array(rows * columns)
    const predicted = new Float64Array(rows * columns)
    for (let cell = 0; cell < roots.length; cell++) {
      predicted[cell] = 5 + 0.5 * nextNormal(random)
      roots[cell] = predicted[cell]! + 0.5 * nextNormal(random)
    }
    for (let row = 30; row < rows; row++) roots[row * columns] = Number.NaN
    const { trust } = calibrateAmounts({ amounts: roots.map((root) => root * root), roots, columns }, predicted)
    for (const each of trust) expect(Math.abs(each - 1)).toBeLessThan(0.1)
  })
})
