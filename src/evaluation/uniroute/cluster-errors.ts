import { summariseColumns } from '../../routing/prediction/training-rows.ts'

/** Ψ of several LLMs: what each gets wrong in each cluster. */
export interface ClusterErrors {
  readonly clusters: number
  readonly llmCount: number
  /** Ψ_k(h) ∈ [0, 1], row-major [clusters × llmCount]. */
  readonly errors: Float64Array
  /** n_k: labels each rests on, row-major [clusters × llmCount]. */
  readonly counts: Float64Array
}

/**
 * Ψ_k(h), the mean loss of LLM h over the labelled prompts of cluster k (arXiv:2502.08773, section 5.1), with the loss 1 − quality
 * in [0, 1]: the 0–1 loss where quality is 0 or 1. An empty cluster takes the LLM's overall mean, as reproductions do; the
 * paper's own rule is not known. An LLM without any label takes the mean of all labels.
 *
 * @param assignment cluster of each labelled prompt. @param quality row-major [prompts × llmCount]; NaN is unknown.
 * @param shrinkage a: pseudo-labels with which a cluster is drawn to the LLM's overall mean, ours; 0 is the paper.
 */
export function clusterErrors(
  assignment: Int32Array,
  clusters: number,
  quality: Float64Array,
  llmCount: number,
  shrinkage = 0,
): ClusterErrors {
  const errors = new Float64Array(clusters * llmCount)
  const counts = new Float64Array(clusters * llmCount)
  for (let row = 0; row < assignment.length; row++) {
    const start = assignment[row]! * llmCount
    for (let llm = 0; llm < llmCount; llm++) {
      const value = quality[row * llmCount + llm]!
      if (Number.isNaN(value)) continue
      errors[start + llm]! += 1 - value
      counts[start + llm]!++
    }
  }
  const { means } = summariseColumns(quality, llmCount)
  for (let i = 0; i < errors.length; i++) {
    const overall = 1 - means[i % llmCount]!
    const mass = counts[i]! + shrinkage
    errors[i] = mass > 0 ? (errors[i]! + shrinkage * overall) / mass : overall
  }
  return { clusters, llmCount, errors, counts }
}

/**
 * 1 − γ̂ = 1 − Φ(x)ᵀΨ(h) for prompts that each belong to one cluster, row-major [prompts × llmCount].
 */
export function predictByCluster(assignment: Int32Array, { errors, llmCount }: ClusterErrors): Float64Array {
  const predicted = new Float64Array(assignment.length * llmCount)
  for (let row = 0; row < assignment.length; row++) {
    const start = assignment[row]! * llmCount
    for (let llm = 0; llm < llmCount; llm++) predicted[row * llmCount + llm] = 1 - errors[start + llm]!
  }
  return predicted
}

/**
 * 1 − Φ(x)ᵀΨ(h) for a soft map, row-major [prompts × llmCount].
 *
 * @param phi Φ of each prompt, row-major [prompts × clusters].
 */
export function predictByMembership(phi: Float64Array, { errors, clusters, llmCount }: ClusterErrors): Float64Array {
  const prompts = phi.length / clusters
  const predicted = new Float64Array(prompts * llmCount).fill(1)
  for (let row = 0; row < prompts; row++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const weight = phi[row * clusters + cluster]!
      if (weight === 0) continue
      for (let llm = 0; llm < llmCount; llm++) {
        predicted[row * llmCount + llm]! -= weight * errors[cluster * llmCount + llm]!
      }
    }
  }
  return predicted
}
