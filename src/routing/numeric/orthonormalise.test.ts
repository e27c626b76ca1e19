import { expect, test } from 'vitest'
import { addGramMatrix, multiplyMatrices } from './matrix.ts'
import { orthonormaliseColumns } from './orthonormalise.ts'
import { nextNormal, SeededRandom } from './random-source.ts'
import { finishSteps } from './work-steps.ts'

test('a hand-worked pair of columns', () => {
  const y = Float64Array.of(3, 1, 4, 1)
  finishSteps(orthonormaliseColumns(y, 2, 2))
  expect(y[0]).toBeCloseTo(0.6, 12)
  expect(y[1]).toBeCloseTo(0.8, 12)
  expect(y[2]).toBeCloseTo(0.8, 12)
  expect(y[3]).toBeCloseTo(-0.6, 12)
})

test('columns become orthonormal even when they nearly coincide, and keep their span', () => {
  const random = new SeededRandom(7)
  const [n, k] = [60, 6]
  const y = new Float64Array(n * k)
  for (let row = 0; row < n; row++) {
    const common = nextNormal(random)
    for (let column = 0; column < k; column++) y[row * k + column] = common + 1e-7 * nextNormal(random)
  }
  const original = y.slice()
  finishSteps(orthonormaliseColumns(y, n, k))
  const gram = new Float64Array(k * k)
  addGramMatrix(y, gram, n, k)
  gram.forEach((entry, index) => {
    expect(entry).toBeCloseTo(index % (k + 1) === 0 ? 1 : 0, 12)
  })
  const residual = projectOut(original, y, n, k)
  expect(Math.max(...residual.map(Math.abs))).toBeLessThan(1e-12)
})

/** (I − QQᵀ)·Y. */
function projectOut(y: Float64Array, q: Float64Array, n: number, k: number): Float64Array {
  const transposed = new Float64Array(k * n)
  for (let row = 0; row < n; row++) for (let j = 0; j < k; j++) transposed[j * n + row] = q[row * k + j]!
  const coefficients = new Float64Array(k * k)
  multiplyMatrices(transposed, y, coefficients, k, n, k)
  const within = new Float64Array(n * k)
  multiplyMatrices(q, coefficients, within, n, k, k)
  return y.map((entry, index) => entry - within[index]!)
}

test('a column that depends on earlier ones, or is zero, becomes zero', () => {
  const y = Float64Array.of(1, 2, 0, 0, 0, 0, 0, 5, 2, 4, 0, 0)
  finishSteps(orthonormaliseColumns(y, 3, 4))
  for (const row of [0, 1, 2]) {
    expect(y[row * 4 + 1]).toBe(0)
    expect(y[row * 4 + 2]).toBe(0)
  }
  expect(Math.abs(y[1 * 4 + 3]!)).toBeCloseTo(1, 12)
})
