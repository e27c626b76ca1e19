import { averageImprovementInQuality, fixedLlmPoints } from '../../routing/decision/cost-quality-hull.ts'
import { selectTrainingRows, summariseColumns, type TrainingRows } from '../../routing/prediction/training-rows.ts'
import { clusterCountGrid } from './choose-cluster-count.ts'
import { clusterErrors, predictByCluster } from './cluster-errors.ts'
import { LearnedClusterMap } from './learned-cluster-map.ts'
import { plugInCurve } from './plug-in-curve.ts'
import { PromptClusters } from './prompt-clusters.ts'
import type { PromptMap } from './prompt-map.ts'
import { UniRouteQualityPredictor } from './uniroute-quality-predictor.ts'

export interface FitUniRouteOptions {
  readonly seed: number
  /** `k-means`: UniRoute (K-Means); `learned`: UniRoute (LearnedMap), the network; `learned-linear`: the same, a linear softmax. */
  readonly map: 'k-means' | 'learned' | 'learned-linear'
  /** K. Default: {@link chooseStaticClusters}. */
  readonly clusters?: number
}

const folds = 3

/**
 * Of {@link folds}, two of five positions each, the last one: protocols order rows so that near-duplicates share their position
 * mod 5, which no division of rows alone could know.
 */
function foldOf(row: number): number {
  return (row % 5) >> 1
}

/** While K is chosen; the map that stays has more. */
const restartsWhileChoosing = 1

/**
 * UniRoute in a static pool (arXiv:2502.08773, appendix F.4): the rows are S_tr and S_val at once, so that Ψ is from the
 * prompts that were clustered. K comes out of fold, by AIQ among the pool itself with each LLM's mean cost, as there are no
 * other LLMs; without any known cost, by squared error. The learned maps take the K that suits K-Means. Deterministic.
 *
 * @param rows at least one; near-duplicates at the same position mod 5.
 */
export function fitUniRoute(rows: TrainingRows, options: FitUniRouteOptions): UniRouteQualityPredictor {
  const { seed, map: kind, clusters = chooseStaticClusters(rows, seed) } = options
  const llmCount = rows.llms.length
  const hard = PromptClusters.fit(rows.contexts, { clusters, seed })
  const assignment = hard.assign(rows.contexts)
  const psi = clusterErrors(assignment, hard.clusters, rows.quality, llmCount)
  let map: PromptMap = hard
  if (kind !== 'k-means') {
    const training = { contexts: rows.contexts, quality: rows.quality, psi }
    map = LearnedClusterMap.fit(training, { kind: kind === 'learned' ? 'mlp' : 'linear', seed })
  }
  return new UniRouteQualityPredictor([...rows.llms], map, psi, rows.quality)
}

/** K of a static pool, out of fold: by AIQ, or by squared error where no cost is known. */
export function chooseStaticClusters(rows: TrainingRows, seed: number): number {
  const grid = clusterCountGrid(rows.contexts.length)
  if (grid.length === 1) return grid[0]!
  const llmCount = rows.llms.length
  const predicted = grid.map(() => new Float64Array(rows.quality.length))
  for (let fold = 0; fold < folds; fold++) {
    const inside = rows.contexts.flatMap((_, row) => (foldOf(row) === fold ? [] : [row]))
    const heldOut = rows.contexts.flatMap((_, row) => (foldOf(row) === fold ? [row] : []))
    const train = selectTrainingRows(rows, inside)
    const asked = heldOut.map((row) => rows.contexts[row]!)
    grid.forEach((clusters, index) => {
      const map = PromptClusters.fit(train.contexts, { clusters, seed, restarts: restartsWhileChoosing })
      const psi = clusterErrors(map.assign(train.contexts), map.clusters, train.quality, llmCount)
      const cells = predictByCluster(map.assign(asked), psi)
      heldOut.forEach((row, i) => {
        predicted[index]!.set(cells.subarray(i * llmCount, (i + 1) * llmCount), row * llmCount)
      })
    })
  }
  return grid[bestOf(predicted, rows)]!
}

/** By AIQ, of equal ones the first; by squared error where no cost is known. */
function bestOf(candidates: readonly Float64Array[], rows: TrainingRows): number {
  const llmCount = rows.llms.length
  const dearest = Math.max(0, ...fixedLlmPoints(rows.quality, rows.costUsd, llmCount).map((point) => point.costUsd))
  const predictedCostUsd = summariseColumns(rows.costUsd, llmCount).means
  const worth = candidates.map((predictedQuality) => {
    if (!(dearest > 0)) return -squaredError(predictedQuality, rows.quality)
    const points = plugInCurve({ ...rows, llmCount, predictedQuality, predictedCostUsd })
    return points.length === 0 ? Number.NEGATIVE_INFINITY : averageImprovementInQuality(points, dearest)
  })
  return worth.indexOf(Math.max(...worth))
}

function squaredError(predicted: Float64Array, quality: Float64Array): number {
  let sum = 0
  for (let cell = 0; cell < quality.length; cell++) {
    if (!Number.isNaN(quality[cell]!)) sum += (predicted[cell]! - quality[cell]!) ** 2
  }
  return sum
}
