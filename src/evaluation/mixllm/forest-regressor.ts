import { RegressionForest } from '../../routing/numeric/regression-forest.ts'
import type { RegressionProblem, RegressorOptions, ScalarRegressor } from './scalar-regressor.ts'

/** Share of the entries of e_n that a split looks at; the paper does not say. */
const featureShare = 0.3

/** A random forest of one target: MixLLM's choice for quality. A mean of labels, so that it stays within their range. */
export function fitForestRegressor(
  problem: RegressionProblem,
  leaf: number,
  options: RegressorOptions,
): ScalarRegressor {
  const { trees, seed } = options
  const forest = RegressionForest.fit(problem.x, problem.d, problem.y, 1, { trees, leaf, featureShare, seed })
  const out = new Float64Array(1)
  return {
    predict(embedding) {
      forest.predict(embedding, out)
      return out[0]!
    },
  }
}
