import { describe, expect, it } from 'vitest'
import { nextNormal, SeededRandom } from '../../routing/numeric/random-source.ts'
import { AmountModel } from './amount-model.ts'
import { chooseRegressor, NeighbourSearches } from './choose-regressor.ts'
import { fitForestRegressor } from './forest-regressor.ts'
import { fitKnnRegressor } from './knn-regressor.ts'
import { fitMlpRegressor, meanSquaredError } from './mlp-regressor.ts'
import type { RegressionProblem, RegressorCandidate } from './scalar-regressor.ts'

const options = { seed: 1, trees: 20, folds: 5, validationTrees: 10 }
const all: readonly RegressorCandidate[] = [{ kind: 'forest', leaf: 5 }, { kind: 'mlp' }, { kind: 'knn' }]

/** Three inputs in (−1, 1). */
function problemOf(
  n: number,
  seed: number,
  target: (x: readonly number[], noise: number) => number,
): RegressionProblem {
  const random = new SeededRandom(seed)
  const x = new Float64Array(n * 3).map(() => 2 * random.next() - 1)
  const y = Float64Array.from({ length: n }, (_, row) =>
    target([...x.subarray(3 * row, 3 * row + 3)], nextNormal(random)),
  )
  return { x, d: 3, y, range: 'real' }
}

describe('fitKnnRegressor', () => {
  it('weighs its neighbours by 1/(1 − cosine + .01)', () => {
    const problem: RegressionProblem = {
      x: Float64Array.of(3, 0, 0, 0.5),
      d: 2,
      y: Float64Array.of(1, 0),
      range: 'real',
    }
    const knn = fitKnnRegressor(problem)
    // Cosines .8 and .6.
    const [first, second] = [1 / 0.21, 1 / 0.41]
    expect(knn.predict(Float64Array.of(0.8, 0.6))).toBeCloseTo(first / (first + second), 5)
    // Asked again, and about another one in between.
    expect(knn.predict(Float64Array.of(0, 2))).toBeCloseTo(1 / 1.01 / (1 / 1.01 + 100), 5)
    expect(knn.predict(Float64Array.of(0.8, 0.6))).toBeCloseTo(first / (first + second), 5)
  })
})

describe('fitMlpRegressor', () => {
  it('learns a line on any scale', () => {
    const problem = problemOf(300, 1, ([a, b], noise) => 500 + 40 * a! - 20 * b! + noise)
    // The variance is (1600 + 400)/3.
    expect(meanSquaredError(fitMlpRegressor(problem, options), problem)).toBeLessThan(70)
  })

  it('stays in [0, 1] for targets that do', () => {
    const problem = { ...problemOf(200, 2, ([a]) => (a! > 0 ? 1 : 0)), range: 'unit' as const }
    const mlp = fitMlpRegressor(problem, options)
    for (const far of [-50, 0, 50]) {
      const value = mlp.predict(Float64Array.of(far, far, far))
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(1)
    }
    expect(mlp.predict(Float64Array.of(0.8, 0, 0))).toBeGreaterThan(0.8)
    expect(mlp.predict(Float64Array.of(-0.8, 0, 0))).toBeLessThan(0.2)
  })

  it('gives the same bits for the same seed', () => {
    const problem = problemOf(60, 3, ([a]) => a!)
    const at = Float64Array.of(0.1, 0.2, 0.3)
    expect(fitMlpRegressor(problem, options).predict(at)).toBe(fitMlpRegressor(problem, options).predict(at))
  })
})

describe('fitForestRegressor', () => {
  it('recovers a step', () => {
    const problem = problemOf(300, 4, ([a]) => (a! > 0.2 ? 5 : 1))
    const forest = fitForestRegressor(problem, 5, options)
    expect(forest.predict(Float64Array.of(0.9, 0, 0))).toBeGreaterThan(4.5)
    expect(forest.predict(Float64Array.of(-0.9, 0, 0))).toBeLessThan(1.5)
  })
})

describe('chooseRegressor', () => {
  it('takes a forest for a box and a network for a slope in one direction', () => {
    const box = problemOf(300, 5, ([a, b]) => (Math.abs(a!) < 0.4 && Math.abs(b!) < 0.4 ? 1 : 0))
    const slope = problemOf(300, 6, ([a, b, c]) => 3 * a! - 2 * b! + c!)
    const chosen = [box, slope].map((problem) => chooseRegressor(all, problem, options, new NeighbourSearches(), 'all'))
    expect(chosen.map(({ candidate }) => candidate.kind)).toEqual(['forest', 'mlp'])
    for (const { errors, candidate } of chosen) {
      expect(errors[all.indexOf(candidate)]).toBe(Math.min(...errors))
    }
  })

  it('predicts each row from the other folds', () => {
    // One row is an outlier; what is predicted for it must not know.
    const problem = problemOf(50, 7, () => 0)
    problem.y[7] = 1000
    const { outOfFold } = chooseRegressor([{ kind: 'knn' }], problem, options, new NeighbourSearches(), 'all')
    expect(outOfFold[7]).toBe(0)
    expect(Math.max(...outOfFold)).toBeGreaterThan(0)
  })
})

describe('AmountModel', () => {
  const amountsOf = (x: Float64Array, amounts: Float64Array, offset: number) =>
    AmountModel.fit(x, 3, amounts, offset, options, new NeighbourSearches())

  it('is right on average where logarithms are noisy, which exp of their mean is not', () => {
    const problem = problemOf(400, 8, (_, noise) => Math.exp(4 + noise))
    const model = amountsOf(problem.x, problem.y, 1)
    const mean = problem.y.reduce((sum, value) => sum + value, 0) / 400
    let predicted = 0
    for (let row = 0; row < 400; row++) predicted += model.predict(problem.x.subarray(3 * row, 3 * row + 3)) / 400
    expect(Math.abs(predicted / mean - 1)).toBeLessThan(0.12)
    expect(predicted).toBeGreaterThan(1.3 * Math.exp(4))
  })

  it('leaves unknown amounts out', () => {
    const problem = problemOf(120, 9, ([a]) => Math.exp(2 + a!))
    const holed = problem.y.map((value, row) => (row % 3 === 0 ? Number.NaN : value))
    const model = amountsOf(problem.x, holed, 0)
    const at = Float64Array.of(0.5, 0, 0)
    expect(Math.abs(model.predict(at) / Math.exp(2.5) - 1)).toBeLessThan(0.15)
  })

  it('knows the mean alone of few amounts, and nothing of none', () => {
    const few = new Float64Array(40).fill(Number.NaN)
    few[3] = 10
    few[4] = 30
    const x = problemOf(40, 10, () => 0).x
    expect(amountsOf(x, few, 1).kind).toBeUndefined()
    expect(amountsOf(x, few, 1).predict(Float64Array.of(0, 0, 0))).toBe(20)
    expect(amountsOf(x, few.fill(Number.NaN), 1).predict(Float64Array.of(0, 0, 0))).toBeNaN()
  })

  it('predicts an LLM that was always free as free', () => {
    const { x } = problemOf(40, 11, () => 0)
    expect(amountsOf(x, new Float64Array(40), 0).predict(Float64Array.of(0, 0, 0))).toBe(0)
  })
})
