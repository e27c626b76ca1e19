import { clusterErrors } from '../../uniroute/cluster-errors.ts'
import { estimationBound, measuredEstimationError, withinClusterHeterogeneity } from '../../uniroute/excess-risk.ts'
import type { TrialClusters } from './trial-clusters.ts'
import { firstRows, type TrialData } from './trial-data.ts'

/** The terms of UniRoute's excess risk in one trial at one K, in quality units. Plain JSON. */
export interface TrialRisk {
  readonly clusters: number
  /** E max_h |Δ| with the clairvoyant forest for γ*: too little. */
  readonly heterogeneityLow: number
  /** The same with the labels themselves for γ*: too much. */
  readonly heterogeneityHigh: number
  /** 2·max_k √(log(2KM/δ)/(2n_k)). */
  readonly estimationBound: number
  /** 2·E max_h |Ψ̂ − Ψ|, Ψ from the training labels. */
  readonly estimationMeasured: number
  readonly smallestCluster: number
}

/** K of the curve. */
export const riskClusterCounts = [1, 3, 5, 10, 20, 40] as const

/** @param forestQuality q̂ of the test prompts by a forest fitted on the pool's training labels. */
export function measureRisk(
  trial: TrialData,
  clusters: TrialClusters,
  forestQuality: Float64Array,
  probes: number,
): TrialRisk[] {
  const llmCount = trial.test.llms.length
  const labelled = firstRows(trial.probes, probes)
  const errorsOf = (quality: Float64Array): Float64Array => quality.map((value) => 1 - value)
  return riskClusterCounts.map((count) => {
    const { clusters: k, probes: assignment, test, train } = clusters.hard(count)
    const estimated = clusterErrors(assignment.subarray(0, probes), k, labelled.quality, llmCount)
    const known = clusterErrors(train, k, trial.hiddenTrain.quality, llmCount)
    const labels = Array.from({ length: k }, () => 0)
    for (const cluster of assignment.subarray(0, probes)) labels[cluster]!++
    return {
      clusters: k,
      heterogeneityLow: withinClusterHeterogeneity(test, k, errorsOf(forestQuality), llmCount),
      heterogeneityHigh: withinClusterHeterogeneity(test, k, errorsOf(trial.test.quality), llmCount),
      estimationBound: estimationBound(labels, llmCount),
      estimationMeasured: measuredEstimationError(test, estimated, known),
      smallestCluster: Math.min(...labels),
    }
  })
}
