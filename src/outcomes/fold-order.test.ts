import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldOrder } from './fold-order.ts'

describe('foldOrder', () => {
  it('keeps groups in one fold, position mod 5', () => {
    // 20 prompts of a group each, but that 0–2 and 3–4 belong together.
    const groupOf = Int32Array.from({ length: 20 }, (_, row) => (row < 3 ? 0 : row < 5 ? 3 : row))
    const rows = Array.from({ length: 20 }, (_, row) => row)
    for (let seed = 1; seed <= 20; seed++) {
      const order = foldOrder(rows, groupOf, 5, seed)
      const foldOf = (row: number) => order.indexOf(row) % 5
      expect(new Set([0, 1, 2].map(foldOf)).size).toBe(1)
      expect(foldOf(3)).toBe(foldOf(4))
    }
    expect(foldOrder(rows, groupOf, 5, 1)).toEqual(foldOrder(rows, groupOf, 5, 1))
    expect(foldOrder(rows, groupOf, 5, 1)).not.toEqual(foldOrder(rows, groupOf, 5, 2))
  })

  it('is a permutation for any groups', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(6), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 2, max: 6 }),
        (groups, count) => {
          const rows = groups.map((_, row) => row)
          const order = foldOrder(rows, Int32Array.from(groups), count, 1)
          expect([...order].sort((a, b) => a - b)).toEqual(rows)
        },
      ),
    )
  })
})
