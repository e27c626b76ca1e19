import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dotRowsBinary } from '../../../scripts/build-kernels.mjs'
import { DotRows } from './dot-rows.ts'

/** Of 32-bit floats. */
const unitRoundoff = 2 ** -24

describe('DotRows', () => {
  it('hand-worked: two rows of three', () => {
    const rows = new DotRows(Float32Array.of(1, 2, 3, -1, 0, 0.5), 3)
    rows.compute(Float32Array.of(2, 1, 4))
    expect([...rows.products]).toEqual([16, 0])
    rows.compute(Float32Array.of(0, 0, 1))
    expect([...rows.products]).toEqual([3, 0.5])
  })

  it('equals 64-bit loops within the rounding of 32-bit sums, whatever the shape', () => {
    const shape = fc.record({
      n: fc.integer({ min: 0, max: 40 }),
      d: fc.integer({ min: 1, max: 70 }),
      seed: fc.integer(),
    })
    fc.assert(
      fc.property(shape, ({ n, d, seed }) => {
        const entry = (i: number) => Math.fround(Math.sin(i * 12.9898 + seed))
        const matrix = Float32Array.from({ length: n * d }, (_, i) => entry(i))
        const query = Float32Array.from({ length: d }, (_, j) => entry(1e4 + j))
        const rows = new DotRows(matrix, d)
        rows.compute(query)
        for (let row = 0; row < n; row++) {
          let expected = 0
          let magnitude = 0
          for (let j = 0; j < d; j++) {
            const term = matrix[row * d + j]! * query[j]!
            expected += term
            magnitude += Math.abs(term)
          }
          // |fl(xᵀy) − xᵀy| ≤ γ_d·|x|ᵀ|y| in any order of summation, γ_d = du/(1 − du), u = 2⁻²⁴ (Higham 2002, §3.1).
          const bound = ((d * unitRoundoff) / (1 - d * unitRoundoff)) * magnitude
          expect(Math.abs(rows.products[row]! - expected)).toBeLessThanOrEqual(bound)
        }
      }),
    )
  })

  it('refuses a query of another length', () => {
    const rows = new DotRows(new Float32Array(6), 3)
    expect(() => rows.compute(new Float32Array(2))).toThrow(/expected 3/)
    expect(() => new DotRows(new Float32Array(0), 0)).toThrow(/at least one/)
  })

  it('the bytes are what the source assembles to', async () => {
    expect(readFileSync(new URL('./dot-rows-binary.ts', import.meta.url), 'utf8')).toBe(await dotRowsBinary())
  })
})
