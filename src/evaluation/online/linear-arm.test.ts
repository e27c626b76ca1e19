import { describe, expect, it } from 'vitest'
import { choleskyInPlace, solveCholeskyInPlace } from '../../routing/numeric/cholesky.ts'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { LinearArm } from './linear-arm.ts'

const d = 6

/** θ and xᵀA⁻¹x from A = Σ γ^(n−i) x xᵀ + γ^n·λ₀I, by factorising it. */
function direct(
  rows: readonly { readonly x: Float64Array; readonly reward: number }[],
  penalty: number,
  share: number,
) {
  const a = new Float64Array(d * d)
  const b = new Float64Array(d)
  for (let i = 0; i < d; i++) a[i * d + i] = penalty
  for (const { x, reward } of rows) {
    for (let i = 0; i < d * d; i++) a[i]! *= share
    for (let i = 0; i < d; i++) {
      b[i] = b[i]! * share + reward * x[i]!
      for (let j = 0; j < d; j++) a[i * d + j]! += x[i]! * x[j]!
    }
  }
  choleskyInPlace(a, d)
  const theta = b.slice()
  solveCholeskyInPlace(a, d, theta)
  const variance = (x: Float64Array) => {
    const solved = x.slice()
    solveCholeskyInPlace(a, d, solved)
    return x.reduce((sum, value, i) => sum + value * solved[i]!, 0)
  }
  return { theta, variance }
}

describe('LinearArm', () => {
  for (const share of [1, 0.95]) {
    it(`agrees with inverting A directly, γ = ${share}`, () => {
      const random = new SeededRandom(7)
      const rows = Array.from({ length: 120 }, () => ({
        x: Float64Array.from({ length: d }, () => nextNormal(random)),
        reward: nextNormal(random),
      }))
      const arm = new LinearArm(d, 2)
      for (const { x, reward } of rows) {
        arm.discount(share)
        arm.update(x, reward)
      }
      const { theta, variance } = direct(rows, 2, share)
      const probe = Float64Array.from({ length: d }, () => nextNormal(random))
      theta.forEach((value, i) => {
        expect(arm.theta[i]).toBeCloseTo(value, 9)
      })
      expect(arm.variance(probe)).toBeCloseTo(variance(probe), 9)
      arm.solve()
      theta.forEach((value, i) => {
        expect(arm.theta[i]).toBeCloseTo(value, 9)
      })
    })
  }

  it('is ridge regression by hand in one dimension', () => {
    const arm = new LinearArm(1, 1)
    arm.update(Float64Array.of(2), 3)
    // A = 1 + 4, b = 6
    expect(arm.mean(Float64Array.of(1))).toBeCloseTo(6 / 5, 12)
    expect(arm.variance(Float64Array.of(1))).toBeCloseTo(1 / 5, 12)
  })

  it('clones into an arm that learns on its own', () => {
    const arm = new LinearArm(1, 1)
    const copy = arm.clone()
    copy.update(Float64Array.of(1), 1)
    expect(arm.mean(Float64Array.of(1))).toBe(0)
    expect(copy.mean(Float64Array.of(1))).toBeCloseTo(0.5, 12)
  })
})
