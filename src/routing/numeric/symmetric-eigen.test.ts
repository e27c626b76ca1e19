import fc from 'fast-check'
import { expect, test } from 'vitest'
import { multiplyMatrices } from './matrix.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

test('a hand-worked 2 × 2 matrix', () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2)
  expect(values[0]).toBeCloseTo(3, 12)
  expect(values[1]).toBeCloseTo(1, 12)
  expect(Math.abs(vectors[0]!)).toBeCloseTo(Math.SQRT1_2, 12)
  expect(vectors[0]! * vectors[2]!).toBeCloseTo(0.5, 12)
  expect(vectors[1]! * vectors[3]!).toBeCloseTo(-0.5, 12)
})

test('the second-difference matrix has eigenvalues 2 − 2cos(kπ/(n + 1))', () => {
  const n = 12
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1
  }
  symmetricEigen(a, n).values.forEach((value, i) => {
    expect(value).toBeCloseTo(2 - 2 * Math.cos(((n - i) * Math.PI) / (n + 1)), 12)
  })
})

test('A = VΛVᵀ with orthonormal V and descending values', () => {
  const symmetric = fc.integer({ min: 1, max: 7 }).chain((n) =>
    fc
      .array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: n * n, maxLength: n * n })
      .map((entries) => ({
        n,
        a: Float64Array.from(entries, (_, i) => entries[i]! + entries[(i % n) * n + ((i / n) | 0)]!),
      })),
  )
  fc.assert(
    fc.property(symmetric, ({ n, a }) => {
      const { values, vectors } = symmetricEigen(a, n)
      const scale = Math.max(1, ...a.map(Math.abs))
      const scaled = vectors.map((entry, i) => entry * values[i % n]!)
      const transposed = vectors.map((_, i) => vectors[(i % n) * n + ((i / n) | 0)]!)
      const rebuilt = new Float64Array(n * n)
      const identity = new Float64Array(n * n)
      multiplyMatrices(scaled, transposed, rebuilt, n, n, n)
      multiplyMatrices(transposed, vectors, identity, n, n, n)
      rebuilt.forEach((entry, i) => {
        expect(Math.abs(entry - a[i]!)).toBeLessThan(1e-11 * scale)
        expect(Math.abs(identity[i]! - (i % (n + 1) === 0 ? 1 : 0))).toBeLessThan(1e-12)
      })
      expect([...values]).toEqual([...values].sort((x, y) => y - x))
    }),
    { seed: 1, numRuns: 60 },
  )
})

test('leaves its argument alone', () => {
  const a = Float64Array.of(2, 1, 1, 2)
  symmetricEigen(a, 2)
  expect([...a]).toEqual([2, 1, 1, 2])
})
