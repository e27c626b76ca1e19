import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from './random-source.ts'
import { fitRidge, fitRidges, ridgeValue } from './ridge-regression.ts'

describe('fitRidge', () => {
  it('solves a hand-worked case', () => {
    // x = −1, 0, 1 and y = 0, 3, 6 around their means 0 and 3: xᵀx = 2, xᵀy = 6, slope 6/(2 + 1) = 2.
    const { coefficients, counts, residualDeviation } = fitRidge(
      Float64Array.from([-1, 0, 1]),
      Float64Array.from([0, 3, 6]),
      3,
      1,
      1,
      1,
    )
    expect(coefficients[0]).toBeCloseTo(2, 12)
    expect(coefficients[1]).toBeCloseTo(3, 12)
    expect(counts[0]).toBe(3)
    // Residuals −1, 0, 1 over max(3 − 1, 3/2) degrees of freedom.
    expect(residualDeviation[0]).toBeCloseTo(1, 12)
  })

  it('leaves the intercept free: shifting x or y shifts nothing else', () => {
    const x = Float64Array.from([1, 4, 2, 2, 9, 1, 3, 8])
    const y = Float64Array.from([1, 0, 4, 2])
    const plain = fitRidge(x, y, 4, 2, 1, 0.5).coefficients
    const moved = fitRidge(
      x.map((value) => value + 100),
      y.map((value) => value + 7),
      4,
      2,
      1,
      0.5,
    ).coefficients
    expect(moved[0]).toBeCloseTo(plain[0]!, 9)
    expect(moved[1]).toBeCloseTo(plain[1]!, 9)
    expect(ridgeValue(moved, 0, Float64Array.from([103, 108]))).toBeCloseTo(
      ridgeValue(plain, 0, Float64Array.from([3, 8])) + 7,
      9,
    )
  })

  it('fits each target on its known rows alone', () => {
    const nan = Number.NaN
    const x = Float64Array.from([0, 1, 2, 5])
    const both = fitRidge(x, Float64Array.from([0, nan, 1, nan, 4, 4, nan, 1]), 4, 1, 2, 2)
    const first = fitRidge(Float64Array.from([0, 1, 2]), Float64Array.from([0, 1, 4]), 3, 1, 1, 2)
    const second = fitRidge(Float64Array.from([2, 5]), Float64Array.from([4, 1]), 2, 1, 1, 2)
    expect([...both.coefficients]).toEqual([...first.coefficients, ...second.coefficients])
    expect([...both.counts]).toEqual([3, 2])
  })

  it('gives for several penalties what it gives for each', () => {
    const random = new SeededRandom(9)
    const [n, d, targets] = [30, 4, 3]
    const x = Float64Array.from({ length: n * d }, () => nextNormal(random))
    const y = Float64Array.from({ length: n * targets }, (_, cell) =>
      cell % targets === 1 && cell < 2 * n ? Number.NaN : nextNormal(random),
    )
    const alphas = [0.1, 3, 50]
    const each = alphas.map((alpha) => fitRidge(x, y, n, d, targets, alpha))
    expect(fitRidges(x, y, n, d, targets, alphas)).toEqual(each)
  })

  it('gives a target without known rows zeros', () => {
    const fit = fitRidge(Float64Array.from([1, 2]), Float64Array.from([Number.NaN, Number.NaN]), 2, 1, 1, 1)
    expect([...fit.coefficients, ...fit.counts, ...fit.residualDeviation]).toEqual([0, 0, 0, 0])
  })

  it('meets the normal equations: the gradient vanishes', () => {
    const problem = fc.record({
      x: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 24, maxLength: 24 }),
      y: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
      alpha: fc.double({ min: 0.1, max: 10, noNaN: true }),
    })
    fc.assert(
      fc.property(problem, ({ x, y, alpha }) => {
        const cells = Float64Array.from(x)
        const { coefficients } = fitRidge(cells, Float64Array.from(y), 8, 3, 1, alpha)
        const gradient = [0, 0, 0, 0]
        for (let row = 0; row < 8; row++) {
          const residual = y[row]! - ridgeValue(coefficients, 0, cells.subarray(3 * row, 3 * row + 3))
          for (let j = 0; j < 3; j++) gradient[j]! += residual * cells[3 * row + j]!
          gradient[3]! += residual
        }
        for (let j = 0; j < 3; j++) expect(Math.abs(gradient[j]! - alpha * coefficients[j]!)).toBeLessThan(1e-8)
        expect(Math.abs(gradient[3]!)).toBeLessThan(1e-9)
      }),
    )
  })
})
