import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choleskyInPlace } from '../routing/numeric/cholesky.ts'
import { residualCovariance } from './residual-covariance.ts'

test('variances as they are, correlations drawn to their mean by 50 rows', () => {
  // a and b err alike, c on its own: correlations 1, 0, 0 over 4 rows, mean 1/3.
  const residuals = Float64Array.of(0.2, 0.1, 0.3, -0.2, -0.1, 0.3, 0.2, 0.1, -0.3, -0.2, -0.1, -0.3)
  const sigma = residualCovariance(residuals, 3)
  expect([sigma[0], sigma[4], sigma[8]].map((v) => v!.toFixed(12))).toEqual([
    '0.040000000000',
    '0.010000000000',
    '0.090000000000',
  ])
  expect(sigma[1]).toBeCloseTo(((4 + 50 / 3) / 54) * 0.02, 12)
  expect(sigma[2]).toBeCloseTo((50 / 3 / 54) * 0.06, 12)
  expect(sigma[3]).toBe(sigma[1])
})

test('positive definite even where no two LLMs share rows with a third as they do with each other', () => {
  const n = Number.NaN
  // a–b and b–c alike, a–c opposite, each known on rows of its own, often enough to drown the prior.
  const triple = [1, 1, n, -1, -1, n, n, 1, 1, n, -1, -1, 1, n, -1, -1, n, 1].map((v) => v * 0.1)
  const sigma = residualCovariance(
    Float64Array.from({ length: 18 * 400 }, (_, cell) => triple[cell % 18]!),
    3,
  )
  expect(choleskyInPlace(sigma.slice(), 3)).toBe(true)
})

test('without rows errors are small and apart', () => {
  expect([...residualCovariance(new Float64Array(0), 2)].map((v) => Number(v.toFixed(12)))).toEqual([1e-4, 0, 0, 1e-4])
})

test('LLMs that always erred alike can still be told apart by its inverse, whatever their errors are', () => {
  const errors = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })
  const scales = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(errors, scales, (shared, scale) => {
      const width = scale.length
      const sigma = residualCovariance(Float64Array.from(shared.flatMap((error) => scale.map((s) => s * error))), width)
      // The smallest eigenvalue of the correlations.
      const correlations = sigma.map((value, cell) => {
        const [a, b] = [Math.floor(cell / width), cell % width]
        return value / Math.sqrt(sigma[a * width + a]! * sigma[b * width + b]!) - (a === b ? 0.999e-3 : 0)
      })
      expect(choleskyInPlace(correlations, width)).toBe(true)
    }),
    { seed: 1, numRuns: 2_000 },
  )
})
