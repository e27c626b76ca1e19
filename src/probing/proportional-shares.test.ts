import fc from 'fast-check'
import { expect, test } from 'vitest'
import { proportionalShares } from './proportional-shares.ts'

test('by hand: 10 seats for 47, 16, 158, 81 and 2 go 2, 0, 5, 3 and 0', () => {
  // Exact: 1.546, .526, 5.197, 2.664, .066. Whole parts 1, 0, 5, 2, 0; two are left, for .664 and .546.
  expect(proportionalShares([47, 16, 158, 81, 2], 10)).toEqual([2, 0, 5, 3, 0])
})

test('of equal remainders the first gets what is left', () => {
  expect(proportionalShares([1, 1, 1], 2)).toEqual([1, 1, 0])
})

test('nothing of nothing', () => {
  expect(proportionalShares([0, 0], 0)).toEqual([0, 0])
})

test('shares sum to the count, differ from the exact ones by less than 1, and no group gets more than it has', () => {
  const groups = fc
    .array(fc.nat(50), { minLength: 1, maxLength: 12 })
    .filter((sizes) => sizes.some((size) => size > 0))
    .chain((sizes) => fc.tuple(fc.constant(sizes), fc.nat(sizes.reduce((sum, size) => sum + size, 0))))
  fc.assert(
    fc.property(groups, ([sizes, count]) => {
      const total = sizes.reduce((sum, size) => sum + size, 0)
      const shares = proportionalShares(sizes, count)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(count)
      shares.forEach((share, group) => {
        expect(share).toBeLessThanOrEqual(sizes[group]!)
        expect(Math.abs(share - (count * sizes[group]!) / total)).toBeLessThan(1)
      })
    }),
    { seed: 1 },
  )
})
