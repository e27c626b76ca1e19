import { describe, expect, it } from 'vitest'
import { multiplyByTransposed, transpose } from './dense-network-products.ts'
import { multiplyMatrices } from './matrix.ts'
import { SeededRandom } from './random-source.ts'

describe('multiplyByTransposed', () => {
  it('is A·Bᵀ for every remainder of the blocks, and adds to C when told', () => {
    const random = new SeededRandom(1)
    for (const n of [1, 3, 4, 5, 8]) {
      for (const m of [1, 2, 3, 6, 9]) {
        const k = 7
        const a = Float64Array.from({ length: n * k }, () => random.next())
        const b = Float64Array.from({ length: m * k }, () => random.next())
        const turned = new Float64Array(k * m)
        transpose(b, turned, m, k)
        const expected = new Float64Array(n * m)
        multiplyMatrices(a, turned, expected, n, k, m)
        const c = new Float64Array(n * m).fill(9)
        multiplyByTransposed(a, b, c, n, m, k, false)
        expected.forEach((value, i) => {
          expect(c[i]).toBeCloseTo(value, 12)
        })
        multiplyByTransposed(a, b, c, n, m, k, true)
        expected.forEach((value, i) => {
          expect(c[i]).toBeCloseTo(2 * value, 12)
        })
      }
    }
  })
})
