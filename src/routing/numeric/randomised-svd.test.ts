import { expect, test } from 'vitest'
import { multiplyMatrices } from './matrix.ts'
import { orthonormaliseColumns } from './orthonormalise.ts'
import { nextNormal, type RandomSource, SeededRandom } from './random-source.ts'
import { randomisedSvd, randomisedSvdPasses } from './randomised-svd.ts'
import type { SparseMatrix } from './sparse-matrix.ts'
import { finishSteps } from './work-steps.ts'

const [rows, columns] = [90, 70]

function orthonormal(n: number, k: number, random: RandomSource): Float64Array {
  const q = Float64Array.from({ length: n * k }, () => nextNormal(random))
  finishSteps(orthonormaliseColumns(q, n, k))
  return q
}

/** A = UΣVᵀ with the spectrum given, written as a sparse matrix without zeros. */
function withSpectrum(sigma: readonly number[], seed: number): { readonly a: SparseMatrix; readonly v: Float64Array } {
  const random = new SeededRandom(seed)
  const k = sigma.length
  const u = orthonormal(rows, k, random)
  const v = orthonormal(columns, k, random)
  const scaled = u.map((entry, i) => entry * sigma[i % k]!)
  const transposed = new Float64Array(k * columns)
  for (let row = 0; row < columns; row++) for (let j = 0; j < k; j++) transposed[j * columns + row] = v[row * k + j]!
  const dense = new Float64Array(rows * columns)
  multiplyMatrices(scaled, transposed, dense, rows, k, columns)
  const a = {
    rowCount: rows,
    columnCount: columns,
    rowStarts: Int32Array.from({ length: rows + 1 }, (_, i) => i * columns),
    columns: Int32Array.from(dense, (_, i) => i % columns),
    values: Float32Array.from(dense),
  }
  return { a, v }
}

const decaying = Array.from({ length: 50 }, (_, i) => 10 * 0.85 ** i)

test('finds the leading part of a known spectrum and its vectors', () => {
  const { a, v } = withSpectrum(decaying, 3)
  const { values, vectors } = finishSteps(randomisedSvd(a, 8, { random: new SeededRandom(1) }))
  for (let i = 0; i < 8; i++) {
    expect(values[i]! / decaying[i]!).toBeCloseTo(1, 6)
    let cosine = 0
    for (let row = 0; row < columns; row++) cosine += vectors[row * 8 + i]! * v[row * decaying.length + i]!
    expect(Math.abs(cosine)).toBeCloseTo(1, 5)
  }
})

test('power iterations are what makes a flat spectrum exact', () => {
  const flat = Array.from({ length: 60 }, (_, i) => 10 * 0.97 ** i)
  const { a } = withSpectrum(flat, 4)
  const errorOf = (powerIterations: number): number => {
    const { values } = finishSteps(
      randomisedSvd(a, 8, { random: new SeededRandom(1), powerIterations, oversampling: 8 }),
    )
    return Math.max(...Array.from(values, (value, i) => Math.abs(1 - value / flat[i]!)))
  }
  expect(errorOf(0)).toBeGreaterThan(0.02)
  expect(errorOf(8)).toBeLessThan(0.005)
})

test('a rank below the one asked for leaves zero values and zero columns', () => {
  const { a } = withSpectrum([5, 3, 1], 5)
  const { values, vectors } = finishSteps(randomisedSvd(a, 8, { random: new SeededRandom(1) }))
  expect([...values.subarray(0, 3)].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([5, 3, 1])
  expect([...values.subarray(3)]).toEqual([0, 0, 0, 0, 0])
  expect(vectors.every((entry, i) => i % 8 < 3 || entry === 0)).toBe(true)
})

test('asking for more than the matrix has columns is allowed', () => {
  const { a } = withSpectrum([5, 3], 5)
  const { values, vectors } = finishSteps(randomisedSvd(a, columns + 10, { random: new SeededRandom(1) }))
  expect(values).toHaveLength(columns + 10)
  expect(vectors).toHaveLength(columns * (columns + 10))
  expect(values[0]).toBeCloseTo(5, 4)
})

test('is a function of its seed, with the largest entry of each vector positive', () => {
  const { a } = withSpectrum(decaying, 6)
  const once = finishSteps(randomisedSvd(a, 4, { random: new SeededRandom(9) }))
  const again = finishSteps(randomisedSvd(a, 4, { random: new SeededRandom(9) }))
  expect(again.vectors).toEqual(once.vectors)
  for (let column = 0; column < 4; column++) {
    const entries = [...once.vectors].filter((_, i) => i % 4 === column)
    expect(Math.max(...entries)).toBe(Math.max(...entries.map(Math.abs)))
  }
})

test('reports every pass', () => {
  const { a } = withSpectrum(decaying, 6)
  const reported: (readonly [number, number])[] = []
  const options = { random: new SeededRandom(1), powerIterations: 2 }
  finishSteps(randomisedSvd(a, 4, { ...options, onPass: (done, total) => reported.push([done, total]) }))
  expect(reported).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, randomisedSvdPasses(2)]))
})
