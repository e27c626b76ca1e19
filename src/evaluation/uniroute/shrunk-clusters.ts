import { clusterErrors, predictByCluster } from './cluster-errors.ts'

/** One clustering of labelled and asked prompts. */
export interface LabelledClustering {
  readonly clusters: number
  /** Of the labelled prompts; more than there are labels for are ignored. */
  readonly probes: Int32Array
  readonly test: Int32Array
}

/** a: pseudo-labels of each cluster, as `ClusterMap` has them. */
const shrinkage = 10

/**
 * Past UniRoute: Ψ_k drawn to the LLM's overall mean by {@link shrinkage} pseudo-labels, and averaged over several K
 * (mathematics §6, here with clusters found on other prompts than the labelled ones). 1 − γ̂, row-major [test × llmCount].
 *
 * @param quality of the labelled prompts, row-major [labelled × llmCount].
 */
export function predictByShrunkClusters(
  scales: readonly LabelledClustering[],
  quality: Float64Array,
  llmCount: number,
): Float64Array {
  const mean = new Float64Array(scales[0]!.test.length * llmCount)
  for (const { clusters, probes, test } of scales) {
    const labelled = probes.subarray(0, quality.length / llmCount)
    const predicted = predictByCluster(test, clusterErrors(labelled, clusters, quality, llmCount, shrinkage))
    for (let cell = 0; cell < mean.length; cell++) mean[cell]! += predicted[cell]! / scales.length
  }
  return mean
}
