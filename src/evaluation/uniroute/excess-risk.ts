import type { ClusterErrors } from './cluster-errors.ts'

/** δ of the bound. */
export const excessRiskDelta = 0.05

/**
 * The first term of UniRoute's excess risk (arXiv:2502.08773, Proposition 2, in the form that holds for hard clusters, mathematics
 * §15): E_x max_h |γ*(x, h) − Ψ*_z(x)(h)|, what a cluster cannot know of its prompts. γ* is not observed, so it is as good
 * as its stand-in: a fitted predictor, which is smoother than the truth, gives too little; the labels themselves, which add
 * the LLM's own luck on one answer, give too much. Ψ* is the stand-in's mean over the cluster's prompts here, which makes
 * small clusters look a little better than they are.
 *
 * @param assignment cluster of each prompt. @param errors γ*'s stand-in, row-major [prompts × llmCount], NaN unknown.
 */
export function withinClusterHeterogeneity(
  assignment: Int32Array,
  clusters: number,
  errors: Float64Array,
  llmCount: number,
): number {
  const sums = new Float64Array(clusters * llmCount)
  const counts = new Float64Array(clusters * llmCount)
  for (let cell = 0; cell < errors.length; cell++) {
    if (Number.isNaN(errors[cell]!)) continue
    const entry = assignment[Math.floor(cell / llmCount)]! * llmCount + (cell % llmCount)
    sums[entry]! += errors[cell]!
    counts[entry]!++
  }
  let total = 0
  for (let row = 0; row < assignment.length; row++) {
    let largest = 0
    for (let llm = 0; llm < llmCount; llm++) {
      const entry = assignment[row]! * llmCount + llm
      const deviation = Math.abs(errors[row * llmCount + llm]! - sums[entry]! / counts[entry]!)
      if (deviation > largest) largest = deviation
    }
    total += largest
  }
  return total / assignment.length
}

/**
 * The second term: 2·max_k √(log(2KM/δ)/(2n_k)), Hoeffding's bound for all clusters and LLMs at once, K those with prompts to
 * route. As losses are in [0, 1] no estimate is off by more than 1, so that each root is held to 1; an empty cluster counts 1.
 *
 * @param labels n_k of each cluster.
 */
export function estimationBound(labels: readonly number[], llmCount: number): number {
  const log = Math.log((2 * labels.length * llmCount) / excessRiskDelta)
  const worst = Math.max(...labels.map((n) => (n === 0 ? 1 : Math.min(1, Math.sqrt(log / (2 * n))))))
  return 2 * worst
}

/**
 * What the second term bounds, measured: 2·E_x max_h |Ψ̂ − Ψ|, Ψ from many labels standing in for the truth.
 *
 * @param assignment clusters of the prompts routed.
 */
export function measuredEstimationError(
  assignment: Int32Array,
  estimated: ClusterErrors,
  known: ClusterErrors,
): number {
  const { llmCount } = estimated
  let total = 0
  for (const cluster of assignment) {
    let largest = 0
    for (let cell = cluster * llmCount; cell < (cluster + 1) * llmCount; cell++) {
      largest = Math.max(largest, Math.abs(estimated.errors[cell]! - known.errors[cell]!))
    }
    total += largest
  }
  return (2 * total) / assignment.length
}
