import { describe, expect, it } from 'vitest'
import { termVectors } from './term-vectors.ts'

function cosine(texts: readonly string[], a: number, b: number): number {
  const { rowStarts, columns, values } = termVectors(texts)
  const row = (index: number) =>
    new Map(
      Array.from({ length: rowStarts[index + 1]! - rowStarts[index]! }, (_, i) => {
        const entry = rowStarts[index]! + i
        return [columns[entry]!, values[entry]!] as const
      }),
    )
  const other = row(b)
  return [...row(a)].reduce((sum, [column, value]) => sum + value * (other.get(column) ?? 0), 0)
}

describe('termVectors', () => {
  it('weighs words and in-word 3-grams as worked by hand', () => {
    // 'a b' and 'a': words {a, b} and {a}; 3-grams {' a ', ' b '} and {' a '}; n = 2, df 2 of a and 1 of b.
    const common = Math.log(2) * Math.log(2)
    const rare = Math.log(2) * Math.log(3)
    expect(cosine(['a b', 'a'], 0, 1)).toBeCloseTo(common / Math.hypot(common, rare), 6)
    expect(cosine(['a b', 'a'], 0, 0)).toBeCloseTo(1, 6)
  })

  it('gives a block without terms no weight', () => {
    expect(cosine(['?!', '?!'], 0, 1)).toBeCloseTo(1, 6)
  })

  it('numbers columns by falling document frequency, ascending in each row', () => {
    const { rowStarts, columns } = termVectors(['cat dog', 'cat', 'cat dog emu'])
    for (let row = 0; row < 3; row++) {
      const own = [...columns.subarray(rowStarts[row], rowStarts[row + 1])]
      expect(own).toEqual([...own].sort((a, b) => a - b))
    }
    // The word and the three 3-grams of 'cat' are in all texts, those of 'dog' in two.
    expect([...columns.subarray(rowStarts[1], rowStarts[2])]).toEqual([0, 1, 2, 3])
  })

  it('leaves out what more than 30 % of many texts share', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => `solve this ${1000 + 37 * i}`)
    expect(cosine(numbers, 0, 1)).toBeLessThan(0.5)
    const { rowStarts } = termVectors(Array(40).fill('solve this'))
    expect(rowStarts[40]).toBe(0)
  })

  it('accepts any text', () => {
    const texts = ['', ' ', '\ud800', 'é', '漢字 かな', '😀'.repeat(20)]
    expect(termVectors(texts).values.every(Number.isFinite)).toBe(true)
  })
})
