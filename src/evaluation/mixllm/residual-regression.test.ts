import { expect, test } from 'vitest'
import { choleskyInPlace, solveCholeskyInPlace } from '../../routing/numeric/cholesky.ts'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { chooseResidualRidge, defaultResidualRidge } from './choose-residual-ridge.ts'
import { ResidualRegression } from './residual-regression.ts'

const d = 4

test('a hand-worked case: with k = 1, two residuals of −.6 at a unit e give −.48 there and −.24 at right angles', () => {
  const regression = new ResidualRegression(2, 1)
  const e = Float64Array.of(1, 0)
  for (let i = 0; i < 2; i++) regression.learn(e, -0.6, 0.3)
  // [e, 1]ᵀ(I + 2zzᵀ)⁻¹z·2 = 2·2/(1 + 2·2) = .8; at right angles only the constant is shared: 2/(1 + 4) = .4.
  expect(regression.quality(e)).toBeCloseTo(-0.48, 12)
  expect(regression.quality(Float64Array.of(0, 1))).toBeCloseTo(-0.24, 12)
  expect(regression.cost(e)).toBeCloseTo(0.24, 12)
  regression.scaleCost(0.1)
  expect(regression.cost(e)).toBeCloseTo(0.024, 12)
})

test('it is ridge regression on [e, 1], solved directly', () => {
  const random = new SeededRandom(1)
  for (const ridge of [1, 20]) {
    const regression = new ResidualRegression(d, ridge)
    const design = new Float64Array((d + 1) ** 2)
    for (let i = 0; i <= d; i++) design[i * (d + 1) + i] = ridge
    const moment = new Float64Array(d + 1)
    for (let n = 0; n < 50; n++) {
      const e = Float64Array.from({ length: d }, () => nextNormal(random))
      const residual = nextNormal(random)
      regression.learn(e, residual, Number.NaN)
      const row = [...e, 1]
      row.forEach((a, i) => {
        moment[i]! += a * residual
        row.forEach((b, j) => {
          design[i * (d + 1) + j]! += a * b
        })
      })
    }
    choleskyInPlace(design, d + 1)
    solveCholeskyInPlace(design, d + 1, moment)
    const probe = Float64Array.from({ length: d }, () => nextNormal(random))
    const direct = [...probe, 1].reduce((sum, value, i) => sum + value * moment[i]!, 0)
    expect(regression.quality(probe)).toBeCloseTo(direct, 10)
    expect(regression.cost(probe)).toBe(0)
  }
})

test('k is small where residuals have a pattern, large where they are noise, and given where there are none', () => {
  const random = new SeededRandom(2)
  const rows = 300
  const embeddings = Float64Array.from({ length: rows * d }, () => nextNormal(random))
  const noise = Float64Array.from({ length: rows }, () => nextNormal(random))
  const pattern = Float64Array.from({ length: rows }, (_, row) => 0.5 + embeddings[row * d]!)
  expect(chooseResidualRidge(embeddings, d, [noise])).toBe(200)
  expect(chooseResidualRidge(embeddings, d, [pattern])).toBe(1)
  expect(chooseResidualRidge(embeddings, d, [])).toBe(defaultResidualRidge)
})
