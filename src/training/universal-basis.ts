import { ClusterMap } from '../routing/prediction/cluster-map.ts'
import { type ColumnSummary, summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { LevelPrior, UniversalBasis } from '../routing/prediction/universal/universal-estimators.ts'

/** Everything a `UniversalModel` is fitted on. */
export interface UniversalTraining {
  /** Training prompts × training LLMs. */
  readonly rows: TrainingRows
  /** The family of each LLM: those of one are never newcomer and training LLM at once. */
  readonly bases: readonly string[]
  /** q̂ of each cell by predictors that had not seen its row, row-major. */
  readonly base: Float64Array
  readonly clusters: ClusterMap
  /** Cluster of each row at each scale, [rows × scales]. */
  readonly assignment: Int32Array
  /** Share of the rows in each cluster, scale after scale. */
  readonly clusterShares: Float64Array
  /** Of each LLM over all rows, so that they are not summed anew for every LLM that is left out. */
  readonly quality: ColumnSummary
  readonly cost: ColumnSummary
  /** Mean of `base`. */
  readonly baseMeans: Float64Array
  /** Squared errors of `base`; the counts are those of `quality`. */
  readonly squaredErrors: Float64Array
}

export interface UniversalRows {
  readonly rows: TrainingRows
  readonly base: Float64Array
  /** Default: every LLM its own. */
  readonly bases?: readonly string[] | undefined
}

/**
 * Fewer than where clusters are to be described by their own labels: here the scales are averaged and drawn to the LLM's level, and the
 * finest ones still add (decision 15).
 */
const rowsPerCluster = 10

/** Clusters the training prompts. @param rows at least one prompt; perhaps no LLM. */
export function universalTraining({ rows, base, bases }: UniversalRows, seed: number): UniversalTraining {
  const { contexts } = rows
  const clusters = ClusterMap.fit(contexts, new Float64Array(contexts.length), 1, { seed, rowsPerCluster })
  const { scales } = clusters
  const assignment = new Int32Array(contexts.length * scales.length)
  const clusterShares = new Float64Array(scales.reduce((sum, count) => sum + count, 0))
  contexts.forEach((context, row) => {
    const own = assignment.subarray(row * scales.length, (row + 1) * scales.length)
    clusters.assign(context, own)
    let offset = 0
    own.forEach((cluster, scale) => {
      clusterShares[offset + cluster]! += 1 / contexts.length
      offset += scales[scale]!
    })
  })
  const width = rows.llms.length
  const baseMeans = new Float64Array(width)
  const squaredErrors = new Float64Array(width)
  base.forEach((value, cell) => {
    baseMeans[cell % width]! += value / contexts.length
    const label = rows.quality[cell]!
    if (!Number.isNaN(label)) squaredErrors[cell % width]! += (label - value) ** 2
  })
  return {
    rows,
    bases: bases ?? rows.llms,
    base,
    clusters,
    assignment,
    clusterShares,
    quality: summariseColumns(rows.quality, width),
    cost: summariseColumns(rows.costUsd, width),
    baseMeans,
    squaredErrors,
  }
}

/** Of one LLM's labels, and of LLMs' levels, where nothing is known of either. */
const unknownVariance = 0.2
const unknownLevel = 0.5
/** Labels and LLMs that agree exactly leave others that need not. */
const smallestVariance = 1e-3

/** Fewer, and a line through their costs and qualities fits by chance. */
const fewestForSlope = 6

/** What is known when only the LLMs at `columns` are training LLMs. O(columns). */
export function basisOf(training: UniversalTraining, columns: readonly number[]): UniversalBasis {
  const { clusters, clusterShares, baseMeans, squaredErrors, quality } = training
  let squares = 0
  let labels = 0
  for (const llm of columns) {
    squares += squaredErrors[llm]!
    labels += quality.counts[llm]!
  }
  return {
    scales: clusters.scales,
    clusterShares,
    baseMeans: Float64Array.from(columns, (llm) => baseMeans[llm]!),
    noiseVariance: labels === 0 ? unknownVariance : Math.max(smallestVariance, squares / labels),
    level: levelPrior(training, columns),
  }
}

/**
 * Least squares of the training LLMs' mean qualities on the logarithm of their mean costs, where leaving out one LLM at a time shows
 * that cost tells something of quality; else their mean and variance alone.
 */
function levelPrior({ quality, cost }: UniversalTraining, columns: readonly number[]): LevelPrior {
  const known = columns.filter((llm) => quality.counts[llm]! > 0)
  const levels = known.map((llm) => quality.means[llm]!)
  if (levels.length < 2) {
    return { mean: levels[0] ?? unknownLevel, variance: unknownVariance, slope: 0, logCost: 0 }
  }
  const centre = mean(levels)
  const spread = mean(levels.map((level) => (level - centre) ** 2))
  const plain = { mean: centre, variance: Math.max(smallestVariance, spread), slope: 0, logCost: 0 }
  const logCosts = known.map((llm) => Math.log(cost.counts[llm]! > 0 ? cost.means[llm]! : 0))
  if (levels.length < fewestForSlope || !logCosts.every(Number.isFinite)) return plain
  const logCost = mean(logCosts)
  const square = mean(logCosts.map((value) => (value - logCost) ** 2))
  if (!(square > 0)) return plain
  const slope = mean(logCosts.map((value, i) => (value - logCost) * (levels[i]! - centre))) / square
  // A residual left out is the residual over 1 − leverage.
  const leftOut = levels.map((level, i) => {
    const leverage = (1 + (logCosts[i]! - logCost) ** 2 / square) / levels.length
    return ((level - centre - slope * (logCosts[i]! - logCost)) / (1 - leverage)) ** 2
  })
  const leftOutPlain = spread / (1 - 1 / levels.length) ** 2
  if (!(mean(leftOut) < leftOutPlain)) return plain
  return { mean: centre, variance: Math.max(smallestVariance, mean(leftOut)), slope, logCost }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
