import { fixedLlmPoints } from '../../../routing/decision/cost-quality-hull.ts'
import { MatrixFactorisationQualityPredictor } from '../../../routing/prediction/matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from '../../../routing/prediction/mlp-quality-predictor.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { PolicyName } from '../../policy-names.ts'
import { chooseByArea, clusterCountGrid, fixedClusterCount } from '../../uniroute/choose-cluster-count.ts'
import { clusterErrors, predictByCluster, predictByMembership } from '../../uniroute/cluster-errors.ts'
import {
  fixedNeighbourCount,
  nearestProbes,
  neighbourGrid,
  predictByNeighbours,
} from '../../uniroute/nearest-probes.ts'
import { predictByShrunkClusters } from '../../uniroute/shrunk-clusters.ts'
import { zeroRouterPoints } from '../../uniroute/zero-router.ts'
import type { TrialClusters } from './trial-clusters.ts'
import { firstRows, type LabelledProbes, labelledProbes, meanCosts, type TrialData } from './trial-data.ts'
import type { TrialRows } from './trial-rows.ts'

/** Scales of the shrunk clusters that probes are spread over, whatever their number. */
export const shrunkScales = [4, 8, 16, 32] as const

/** One network each: of an ensemble of five the labels are the same few. */
const retrainedOptions = { members: 1 } as const
/** As LearnedMap's; the paper's network is not known. */
const retrainedHidden = [128, 128] as const

/** Adds every policy that describes the pool's LLMs by their labels on the first `probes` prompts of S_val. */
export function addProbePolicies(rows: TrialRows, trial: TrialData, clusters: TrialClusters, probes: number): void {
  const { test } = trial
  const llmCount = test.llms.length
  const labelled = labelledProbes(firstRows(trial.probes, probes))
  const costUsd = labelled.meanCostUsd
  const { quality } = labelled.rows
  const setting = { probes }
  const byClusters = (count: number): Float64Array => {
    const { clusters: k, probes: assignment, test: asked } = clusters.hard(count)
    return predictByCluster(asked, clusterErrors(assignment.subarray(0, probes), k, quality, llmCount))
  }
  const byLearned = (count: number, kind: 'mlp' | 'linear'): Float64Array => {
    const { clusters: k, probes: assignment } = clusters.hard(count)
    const psi = clusterErrors(assignment.subarray(0, probes), k, quality, llmCount)
    return predictByMembership(clusters.soft(count, kind), psi)
  }

  rows.addCurve('zero-router', setting, zeroRouterPoints(labelled.rows, test, llmCount), zeroError(rows, labelled.rows))
  addFixedChoices(rows, labelled.rows, probes)
  const k = chooseClusters(trial, clusters, probes)
  rows.add('uniroute', setting, () => ({ predictedQuality: byClusters(k), costUsd }))
  rows.add('learned-cluster-map', setting, () => ({ predictedQuality: byLearned(k, 'mlp'), costUsd }))
  rows.add('learned-cluster-map-linear', setting, () => ({ predictedQuality: byLearned(k, 'linear'), costUsd }))
  rows.add('cluster', setting, () => {
    const scales = shrunkScales.map((scale) => clusters.hard(scale))
    return { predictedQuality: predictByShrunkClusters(scales, quality, llmCount), costUsd }
  })
  rows.add('uniroute', { probes, trainingLlms: 'none' }, () => {
    return { predictedQuality: byClusters(fixedClusterCount(probes)), costUsd }
  })
  addRetrained(rows, trial, labelled)
  addNeighbours(rows, trial, labelled)
}

/** Learners of the pool's own labels, which have no use for training prompts. */
function addRetrained(rows: TrialRows, { test, seed }: TrialData, labelled: LabelledProbes): void {
  const setting = { probes: labelled.rows.contexts.length }
  const add = (policy: PolicyName, make: () => QualityPredictor): void => {
    rows.add(policy, setting, () => ({ predictedQuality: predictAll(make(), test), costUsd: labelled.meanCostUsd }))
  }
  add('retrained-mlp', () => {
    return MlpQualityPredictor.fit(labelled.rows, { ...retrainedOptions, hidden: retrainedHidden, seed })
  })
  add('retrained-matrix-factorisation', () => {
    return MatrixFactorisationQualityPredictor.fit(labelled.rows, { ...retrainedOptions, seed })
  })
}

/** K-NN within S_val, k chosen on the training LLMs and by rule. */
function addNeighbours(rows: TrialRows, trial: TrialData, labelled: LabelledProbes): void {
  if (!rows.wants('knn')) return
  const probes = labelled.rows.contexts.length
  const chosen = chooseNeighbours(trial, probes)
  const fixed = fixedNeighbourCount(probes)
  const neighbours = nearestProbes(trial.test.contexts, labelled.rows.contexts, Math.max(chosen, fixed))
  const predict = (k: number) => ({
    predictedQuality: predictByNeighbours(neighbours, k, labelled.rows.quality, labelled.rows.llms.length),
    costUsd: labelled.meanCostUsd,
  })
  rows.add('knn', { probes }, () => predict(chosen))
  rows.add('knn', { probes, trainingLlms: 'none' }, () => predict(fixed))
}

/** `cheapest` and `best-single` as the probes tell them; what they cost and yield is the test's. */
function addFixedChoices(rows: TrialRows, labelled: TrainingRows, probes: number): void {
  const { rows: test } = rows.pool
  const known = fixedLlmPoints(labelled.quality, labelled.costUsd, labelled.llms.length)
  const realised = new Map(
    fixedLlmPoints(test.quality, test.costUsd, test.llms.length).map(({ llmIndex, ...point }) => [llmIndex, point]),
  )
  const cheapest = [...known].sort((a, b) => a.costUsd - b.costUsd || b.quality - a.quality)[0]
  const best = [...known].sort((a, b) => b.quality - a.quality || a.costUsd - b.costUsd)[0]
  rows.addPoint('cheapest', { probes }, realised.get(cheapest?.llmIndex ?? -1))
  rows.addPoint('best-single', { probes }, realised.get(best?.llmIndex ?? -1))
}

/** How far the pool's means on the probes are from those on the test prompts. */
function zeroError(rows: TrialRows, labelled: TrainingRows): number {
  const points = fixedLlmPoints(labelled.quality, labelled.costUsd, labelled.llms.length)
  const sum = points.reduce((total, { llmIndex, quality }) => {
    return total + Math.abs(quality - rows.pool.meanQuality[llmIndex]!)
  }, 0)
  return sum / Math.max(1, points.length)
}

/** K by Area among the training LLMs on the probes, Ψ from their training labels (arXiv:2502.08773, appendix F.1). */
export function chooseClusters(trial: TrialData, clusters: TrialClusters, probes: number): number {
  const grid = clusterCountGrid(probes)
  if (grid.length === 1) return grid[0]!
  const asked = firstRows(trial.seenProbes, probes)
  const candidates = grid.map((count) => {
    const { probes: assignment, seenPsi } = clusters.hard(count)
    return predictByCluster(assignment.subarray(0, probes), seenPsi)
  })
  return grid[chooseAmongSeen(candidates, asked, meanCosts(trial.seenTrain))]!
}

/**
 * k on the same budget as K: by Area among the training LLMs on the probes, each probe by its neighbours among the others, as
 * K-NN searches S_val alone.
 */
function chooseNeighbours(trial: TrialData, probes: number): number {
  const grid = neighbourGrid(probes)
  const asked = firstRows(trial.seenProbes, probes)
  const neighbours = nearestProbes(asked.contexts, asked.contexts, grid.at(-1)!, true)
  const candidates = grid.map((k) => predictByNeighbours(neighbours, k, asked.quality, asked.llms.length))
  return grid[chooseAmongSeen(candidates, asked, meanCosts(asked))]!
}

function chooseAmongSeen(candidates: readonly Float64Array[], asked: TrainingRows, costUsd: Float64Array): number {
  const llmCount = asked.llms.length
  const dearest = Math.max(...fixedLlmPoints(asked.quality, asked.costUsd, llmCount).map((point) => point.costUsd))
  const outcomes = { llmCount, predictedCostUsd: costUsd, quality: asked.quality, costUsd: asked.costUsd }
  return dearest > 0 ? chooseByArea(candidates, outcomes, dearest) : 0
}

/** q̂ of every cell of some rows. */
export function predictAll(predictor: QualityPredictor, { contexts, llms }: TrainingRows): Float64Array {
  const predicted = new Float64Array(contexts.length * llms.length)
  contexts.forEach((context, row) => {
    predictor.predict(context, predicted.subarray(row * llms.length, (row + 1) * llms.length))
  })
  return predicted
}
