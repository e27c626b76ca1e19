import { expect, test } from 'vitest'
import { multiplySparse, multiplySparseTransposed, type SparseMatrix } from './sparse-matrix.ts'

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
  multiplySparse(matrix, Float64Array.of(1, 10, 2, 20, 3, 30), y, 2)
  expect([...y]).toEqual([4, 40, 10, 100, 0, 0, 4, 40])
})

test('Aᵀ·X', () => {
  const y = new Float64Array(6).fill(99)
  multiplySparseTransposed(matrix, Float64Array.of(1, 10, 2, 20, 3, 30, 4, 40), y, 2)
  expect([...y]).toEqual([18, 180, 2, 20, 6, 60])
})
