import { expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../../numeric/random-source.ts'
import { foldIn } from './fold-in.ts'

it('is the hand-worked posterior mean for one LLM and two labels', () => {
  // G = [[1 + 4 + 1, 1 + 2], [3, 2 + 2]], b = [1·.5 + 2·.2, .7]; det = 15.
  const rows = { deviations: Float64Array.of(1, 2), targets: Float64Array.of(0.5, 0.2), llms: 1 }
  const [w, b] = foldIn(rows, { coefficient: 1, level: 2 })
  expect(w).toBeCloseTo((4 * 0.9 - 3 * 0.7) / 15, 14)
  expect(b).toBeCloseTo((6 * 0.7 - 3 * 0.9) / 15, 14)
})

it('believes nothing without labels', () => {
  const rows = { deviations: new Float64Array(0), targets: new Float64Array(0), llms: 3 }
  expect(foldIn(rows, { coefficient: 1, level: 1 })).toEqual(new Float64Array(4))
})

it('agrees with the kernel form of the same Gaussian prior, to 1e-9', () => {
  // f = Fw + b has covariance FFᵀ/λ + 1/λ_b in units of σ²; its posterior mean at the rows is K(K + I)⁻¹y, found by Gauss–Seidel.
  const random = new SeededRandom(3)
  const [n, llms] = [12, 20]
  const deviations = Float64Array.from({ length: n * llms }, () => 0.3 * nextNormal(random))
  const targets = Float64Array.from({ length: n }, () => nextNormal(random))
  const penalties = { coefficient: 2, level: 3 }
  const kernel = (i: number, j: number): number => {
    let sum = 1 / penalties.level
    for (let l = 0; l < llms; l++)
      sum += (deviations[i * llms + l]! * deviations[j * llms + l]!) / penalties.coefficient
    return sum
  }
  const dual = new Float64Array(n)
  for (let sweep = 0; sweep < 2000; sweep++) {
    for (let i = 0; i < n; i++) {
      let rest = targets[i]!
      for (let j = 0; j < n; j++) if (j !== i) rest -= kernel(i, j) * dual[j]!
      dual[i] = rest / (kernel(i, i) + 1)
    }
  }
  const solution = foldIn({ deviations, targets, llms }, penalties)
  for (let i = 0; i < n; i++) {
    let primal = solution[llms]!
    for (let l = 0; l < llms; l++) primal += solution[l]! * deviations[i * llms + l]!
    let expected = 0
    for (let j = 0; j < n; j++) expected += kernel(i, j) * dual[j]!
    expect(primal).toBeCloseTo(expected, 9)
  }
})
