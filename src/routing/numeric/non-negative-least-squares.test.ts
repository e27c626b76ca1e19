import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nonNegativeLeastSquares } from './non-negative-least-squares.ts'

function normalEquations(a: readonly (readonly number[])[], y: readonly number[]): [Float64Array, Float64Array] {
  const n = a[0]!.length
  const gram = new Float64Array(n * n)
  const rhs = new Float64Array(n)
  a.forEach((row, r) => {
    for (let i = 0; i < n; i++) {
      rhs[i]! += row[i]! * y[r]!
      for (let j = 0; j < n; j++) gram[i * n + j]! += row[i]! * row[j]!
    }
  })
  return [gram, rhs]
}

describe('nonNegativeLeastSquares', () => {
  it('returns the free solution when it is not negative', () => {
    // Columns (1,0,1) and (0,1,1), y = A·(2,3).
    const [gram, rhs] = normalEquations(
      [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      [2, 3, 5],
    )
    const w = nonNegativeLeastSquares(gram, rhs)
    expect(w[0]).toBeCloseTo(2, 12)
    expect(w[1]).toBeCloseTo(3, 12)
  })

  it('holds at zero what would be negative', () => {
    // Free solution of y = (1, −1) is (1, −1); with w₂ = 0 the first stays 1.
    const [gram, rhs] = normalEquations(
      [
        [1, 0],
        [0, 1],
      ],
      [1, -1],
    )
    expect([...nonNegativeLeastSquares(gram, rhs)]).toEqual([1, 0])
  })

  it('copes with two equal columns', () => {
    const [gram, rhs] = normalEquations(
      [
        [1, 1],
        [2, 2],
      ],
      [3, 6],
    )
    const w = nonNegativeLeastSquares(gram, rhs)
    expect(w[0]! + w[1]!).toBeCloseTo(3, 9)
  })

  it('meets the conditions of optimality (Karush, Kuhn and Tucker)', () => {
    const cell = fc.integer({ min: -5, max: 5 })
    const problem = fc.record({
      a: fc.array(fc.array(cell, { minLength: 4, maxLength: 4 }), { minLength: 6, maxLength: 6 }),
      y: fc.array(cell, { minLength: 6, maxLength: 6 }),
    })
    fc.assert(
      fc.property(problem, ({ a, y }) => {
        const [gram, rhs] = normalEquations(a, y)
        // A little ridge keeps the optimum unique, so that a refused singular column cannot excuse a slope.
        for (let i = 0; i < 4; i++) gram[i * 4 + i]! += 0.01
        const w = nonNegativeLeastSquares(gram, rhs)
        for (let i = 0; i < 4; i++) {
          let slope = rhs[i]!
          for (let j = 0; j < 4; j++) slope -= gram[i * 4 + j]! * w[j]!
          expect(w[i]).toBeGreaterThanOrEqual(0)
          expect(slope).toBeLessThan(1e-6)
          expect(Math.abs(slope * w[i]!)).toBeLessThan(1e-6)
        }
      }),
      { numRuns: 300 },
    )
  })
})
