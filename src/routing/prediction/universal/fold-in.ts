import { choleskyInPlace, solveCholeskyInPlace } from '../../numeric/cholesky.ts'

/** What a newcomer's labels are explained by. */
export interface FoldInRows {
  /** Row-major [rows × llms]: each training LLM's quality on the prompt less the mean over training LLMs. */
  readonly deviations: Float64Array
  /** The newcomer's label less that mean, shape [rows]. */
  readonly targets: Float64Array
  readonly llms: number
}

/** Of the prior, in pseudo-labels: σ² over the prior's variance. Both > 0. */
export interface FoldInPenalties {
  readonly coefficient: number
  readonly level: number
}

/**
 * A newcomer as a combination of training LLMs: y = m + b + Σ_l w_l·(p_l − m) + ε with m the mean of the p_l and the priors
 * w_l ~ N(0, σ²/λ), b ~ N(0, σ²/λ_b). The posterior mean in closed form (mathematics §19): (FᵀF + Λ)⁻¹Fᵀ(y − m).
 *
 * @returns w and behind it b, shape [llms + 1]; zeros without rows. O(rows·llms² + llms³).
 */
export function foldIn({ deviations, targets, llms }: FoldInRows, penalties: FoldInPenalties): Float64Array {
  const width = llms + 1
  const gram = new Float64Array(width * width)
  const solution = new Float64Array(width)
  const features = new Float64Array(width)
  features[llms] = 1
  for (let row = 0; row < targets.length; row++) {
    features.set(deviations.subarray(row * llms, (row + 1) * llms))
    for (let i = 0; i < width; i++) {
      const value = features[i]!
      solution[i]! += value * targets[row]!
      for (let j = 0; j <= i; j++) gram[i * width + j]! += value * features[j]!
    }
  }
  for (let i = 0; i < llms; i++) gram[i * width + i]! += penalties.coefficient
  gram[width * width - 1]! += penalties.level
  choleskyInPlace(gram, width)
  solveCholeskyInPlace(gram, width, solution)
  return solution
}
