import { expect, test } from 'vitest'
import { addGramMatrix, multiplyMatrices, selectMatrixRows } from './matrix.ts'

test('multiplies a 2 × 3 by a 3 × 2 matrix, whatever the target held before', () => {
  const product = new Float64Array(4).fill(99)
  multiplyMatrices(Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(7, 8, 9, 10, 11, 12), product, 2, 3, 2)
  expect([...product]).toEqual([58, 64, 139, 154])
})

test('the Gram matrix is AᵀA in full, also row by row', () => {
  const gram = new Float64Array(9)
  addGramMatrix(Float64Array.of(1, 2, 3), gram, 1, 3)
  addGramMatrix(Float64Array.of(4, 5, 6), gram, 1, 3)
  expect([...gram]).toEqual([17, 22, 27, 22, 29, 36, 27, 36, 45])
})

test('rows in the order asked, one of them twice', () => {
  expect([...selectMatrixRows(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 0, 2], 2)]).toEqual([5, 6, 1, 2, 5, 6])
})
