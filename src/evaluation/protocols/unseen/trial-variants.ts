import { ClusterQualityPredictor } from '../../../routing/prediction/cluster-quality-predictor.ts'
import { KnnQualityPredictor } from '../../../routing/prediction/knn-quality-predictor.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import { TokenCostPredictor } from '../../../routing/prediction/token-cost-predictor.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { predictCosts } from '../../../training/predict-costs.ts'
import type { PolicyName } from '../../policy-names.ts'
import { clusterErrors, predictByCluster, predictByMembership } from '../../uniroute/cluster-errors.ts'
import { chooseStaticClusters, fitUniRoute } from '../../uniroute/fit-uniroute.ts'
import { zeroRouterPoints } from '../../uniroute/zero-router.ts'
import { chooseClusters, predictAll } from './probe-policies.ts'
import type { TrialClusters } from './trial-clusters.ts'
import { firstRows, labelledProbes, meanCosts, type TrialData } from './trial-data.ts'
import type { TrialRows } from './trial-rows.ts'

/** K of the sensitivity rows. */
export const fixedClusterCounts = [3, 5, 10, 20, 40] as const

/** UniRoute at each fixed K. */
export function addFixedClusterCounts(
  rows: TrialRows,
  trial: TrialData,
  clusters: TrialClusters,
  probes: number,
): void {
  const { rows: labelled, meanCostUsd: costUsd } = labelledProbes(firstRows(trial.probes, probes))
  const llmCount = labelled.llms.length
  for (const count of fixedClusterCounts) {
    rows.add('uniroute', { probes, clusters: count }, () => {
      const { clusters: k, probes: assignment, test } = clusters.hard(count)
      const psi = clusterErrors(assignment.subarray(0, probes), k, labelled.quality, llmCount)
      return { predictedQuality: predictByCluster(test, psi), costUsd }
    })
  }
}

/** Two other readings of the paper: the cost of each prompt predicted, and LearnedMap taught by Ψ from the probes' labels. */
export function addReadings(rows: TrialRows, trial: TrialData, clusters: TrialClusters, probes: number): void {
  const { rows: labelled, meanCostUsd: costUsd } = labelledProbes(firstRows(trial.probes, probes))
  const llmCount = labelled.llms.length
  const { clusters: k, probes: assignment, test } = clusters.hard(chooseClusters(trial, clusters, probes))
  const psi = clusterErrors(assignment.subarray(0, probes), k, labelled.quality, llmCount)
  rows.add('uniroute', { probes, cost: 'per-prompt' }, () => ({
    predictedQuality: predictByCluster(test, psi),
    costUsd: promptCosts(labelled, trial, costUsd),
  }))
  rows.add('learned-cluster-map', { probes, trainingErrors: 'probes' }, () => {
    const seen = firstRows(trial.seenProbes, probes)
    const seenPsi = clusterErrors(assignment.subarray(0, probes), k, seen.quality, seen.llms.length)
    return { predictedQuality: predictByMembership(clusters.softWith(seenPsi, 'mlp'), psi), costUsd }
  })
}

/** Bills of the test prompts as the product predicts them, learned from the probes; the mean where it cannot tell. */
export function promptCosts(labelled: TrainingRows, trial: TrialData, meanCostUsd: Float64Array): Float64Array {
  const { test, prices } = trial
  const predictor = TokenCostPredictor.fit(labelled, prices)
  const costUsd = new Float64Array(test.quality.length)
  predictCosts(predictor, test, prices, [...test.contexts.keys()], costUsd)
  return costUsd.map((value, cell) => (Number.isNaN(value) ? meanCostUsd[cell % test.llms.length]! : value))
}

/** The same pool with all training labels: what the probes' economy costs. */
export function addStaticPool(rows: TrialRows, trial: TrialData): void {
  const { hiddenTrain, test, seed } = trial
  const setting = { probes: null, pool: 'static' }
  const costUsd = meanCosts(hiddenTrain)
  const add = (policy: PolicyName, make: () => QualityPredictor): void => {
    rows.add(policy, setting, () => ({ predictedQuality: predictAll(make(), test), costUsd }))
  }
  rows.addCurve('zero-router', setting, zeroRouterPoints(hiddenTrain, test, test.llms.length))
  add('knn', () => KnnQualityPredictor.fit(hiddenTrain, { seed }))
  add('cluster', () => ClusterQualityPredictor.fit(hiddenTrain, { seed }))
  if (!rows.wants('uniroute') && !rows.wants('learned-cluster-map')) return
  const clusters = chooseStaticClusters(hiddenTrain, seed)
  add('uniroute', () => fitUniRoute(hiddenTrain, { seed, map: 'k-means', clusters }))
  add('learned-cluster-map', () => fitUniRoute(hiddenTrain, { seed, map: 'learned', clusters }))
}
