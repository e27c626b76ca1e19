import { expect, test } from 'vitest'
import { addSparseRowsTransposed, multiplySparseRows, rowRanges, type SparseMatrix } from './sparse-matrix.ts'

/** [[0, 2, 0], [1, 0, 3], [0, 0, 0], [4, 0, 0]] */
const matrix: SparseMatrix = {
  rowCount: 4,
  columnCount: 3,
  rowStarts: Int32Array.of(0, 1, 3, 3, 4),
  columns: Int32Array.of(1, 0, 2, 0),
  values: Float32Array.of(2, 1, 3, 4),
}

test('A·X, an empty row included, whatever the target held before', () => {
  const y = new Float64Array(8).fill(99)
  multiplySparseRows(matrix, Float64Array.of(1, 10, 2, 20, 3, 30), y, 2, { first: 0, end: 4 })
  expect([...y]).toEqual([4, 40, 10, 100, 0, 0, 4, 40])
})

test('A·X in some rows leaves the others', () => {
  const y = new Float64Array(8).fill(99)
  multiplySparseRows(matrix, Float64Array.of(1, 10, 2, 20, 3, 30), y, 2, { first: 1, end: 3 })
  expect([...y]).toEqual([99, 99, 10, 100, 0, 0, 99, 99])
})

test('Aᵀ·X, in parts that add up', () => {
  const y = new Float64Array(6)
  for (const rows of rowRanges(matrix, 2)) {
    addSparseRowsTransposed(matrix, Float64Array.of(1, 10, 2, 20, 3, 30, 4, 40), y, 2, rows)
  }
  expect([...y]).toEqual([18, 180, 2, 20, 6, 60])
})

test('ranges hold whole rows until they have the entries asked for', () => {
  expect(rowRanges(matrix, 2)).toEqual([
    { first: 0, end: 2 },
    { first: 2, end: 4 },
  ])
  expect(rowRanges(matrix, 1).length).toBe(3)
  expect(rowRanges(matrix, 100)).toEqual([{ first: 0, end: 4 }])
  expect(rowRanges({ ...matrix, rowCount: 0, rowStarts: Int32Array.of(0) }, 1)).toEqual([])
})
