import { ClusterMap } from '../routing/prediction/cluster-map.ts'
import { summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
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
  return { rows, bases: bases ?? rows.llms, base, clusters, assignment, clusterShares }
}

/** Of one LLM's labels, and of LLMs' levels, where nothing is known of either. */
const unknownVariance = 0.2
const unknownLevel = 0.5
/** Labels and LLMs that agree exactly leave others that need not. */
const smallestVariance = 1e-3

/** Fewer, and a line through their costs and qualities fits by chance. */
const fewestForSlope = 6

/** What is known when only the LLMs at `columns` are training LLMs. */
export function basisOf(training: UniversalTraining, columns: readonly number[]): UniversalBasis {
  const { rows, base, clusters, clusterShares } = training
  const width = rows.llms.length
  const squares: number[] = []
  for (const llm of columns) {
    for (let cell = llm; cell < base.length; cell += width) {
      if (!Number.isNaN(rows.quality[cell]!)) squares.push((rows.quality[cell]! - base[cell]!) ** 2)
    }
  }
  return {
    scales: clusters.scales,
    clusterShares,
    baseMeans: Float64Array.from(columns, (llm) => columnMean(base, width, llm)),
    noiseVariance: squares.length === 0 ? unknownVariance : Math.max(smallestVariance, mean(squares)),
    level: levelPrior(rows, columns),
  }
}

/**
 * Least squares of the training LLMs' mean qualities on the logarithm of their mean costs, where leaving out one LLM at a time shows
 * that cost tells something of quality; else their mean and variance alone.
 */
function levelPrior(rows: TrainingRows, columns: readonly number[]): LevelPrior {
  const width = rows.llms.length
  const quality = summariseColumns(rows.quality, width)
  const cost = summariseColumns(rows.costUsd, width)
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

function columnMean(cells: Float64Array, width: number, column: number): number {
  let sum = 0
  for (let cell = column; cell < cells.length; cell += width) sum += cells[cell]!
  return (sum * width) / cells.length
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
