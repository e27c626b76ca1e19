import { expect, test } from 'vitest'
import { offlineFolds } from '../../online/offline-fit.ts'
import { offlineOrder } from './drift-case.ts'

test('offline rows have near-duplicates in one fold, and nothing else that their order tells', () => {
  // Groups of 1 to 4 rows.
  const groupOf = Int32Array.from({ length: 203 }, (_, row) => Math.floor(row / (1 + (row % 4))))
  const rows = Array.from({ length: 203 }, (_, row) => row)
  const order = offlineOrder(rows, groupOf)
  expect(order.toSorted((a, b) => a - b)).toEqual(rows)
  const foldOf = new Map<number, Set<number>>()
  order.forEach((row, place) => {
    const folds = foldOf.get(groupOf[row]!) ?? new Set()
    foldOf.set(groupOf[row]!, folds.add(place % offlineFolds))
  })
  expect(Math.max(...[...foldOf.values()].map((folds) => folds.size))).toBe(1)
  const size = (row: number) => groupOf.filter((group) => group === groupOf[row]).length
  const mean = (part: readonly number[]) => part.reduce((sum, row) => sum + size(row), 0) / part.length
  expect(Math.abs(mean(order.slice(0, 100)) - mean(order.slice(100)))).toBeLessThan(0.5)
})
