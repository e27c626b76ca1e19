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

/**
 * Before the training LLMs: levels within .2 or so of each other, worth four bases. A few LLMs that are alike by chance, or by choice, must
 * not outweigh a newcomer's labels.
 */
const levelBefore = { variance: 0.04, bases: 4 } as const
/** Labels that are met exactly leave others that need not be. */
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

interface BasePoint {
  readonly level: number
  readonly logCost: number
}

/**
 * Least squares of mean quality on the logarithm of mean cost, one point per base, where leaving out one at a time shows by more than a
 * standard error that cost tells something of quality; else mean and variance alone.
 */
function levelPrior(training: UniversalTraining, columns: readonly number[]): LevelPrior {
  const points = basePoints(training, columns)
  const levels = points.map(({ level }) => level)
  const centre = levels.length === 0 ? unknownLevel : mean(levels)
  const residuals = levels.map((level) => level - centre)
  const plain = { mean: centre, variance: levelVariance(residuals, residuals.length - 1), slope: 0, logCost: 0 }
  const logCosts = points.map(({ logCost }) => logCost)
  if (levels.length < fewestForSlope || !logCosts.every(Number.isFinite)) return plain
  const logCost = mean(logCosts)
  const square = mean(logCosts.map((value) => (value - logCost) ** 2))
  if (!(square > 0)) return plain
  const slope = mean(logCosts.map((value, i) => (value - logCost) * residuals[i]!)) / square
  // A residual left out is the residual over 1 − leverage.
  const leftOut = residuals.map((residual, i) => {
    const leverage = (1 + (logCosts[i]! - logCost) ** 2 / square) / levels.length
    return (residual - slope * (logCosts[i]! - logCost)) / (1 - leverage)
  })
  const gains = residuals.map((residual, i) => (residual / (1 - 1 / levels.length)) ** 2 - leftOut[i]! ** 2)
  if (!(mean(gains) > standardError(gains))) return plain
  const costRange = [Math.min(...logCosts), Math.max(...logCosts)] as const
  return { mean: centre, variance: levelVariance(leftOut, leftOut.length), slope, logCost, costRange }
}

/** Level and log cost of each base with labels: the means of its LLMs', so that siblings count once. NaN without a known cost. */
function basePoints({ bases, quality, cost }: UniversalTraining, columns: readonly number[]): BasePoint[] {
  const families = new Map<string, number[]>()
  for (const llm of columns) {
    if (quality.counts[llm]! === 0) continue
    const name = bases[llm] ?? `${llm}`
    const family = families.get(name)
    if (family === undefined) families.set(name, [llm])
    else family.push(llm)
  }
  return [...families.values()].map((family) => ({
    level: mean(family.map((llm) => quality.means[llm]!)),
    logCost: mean(family.map((llm) => (cost.counts[llm]! > 0 ? Math.log(cost.means[llm]!) : Number.NaN))),
  }))
}

function levelVariance(residuals: readonly number[], degrees: number): number {
  const { variance, bases } = levelBefore
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0)
  return (bases * variance + squares) / (bases + Math.max(0, degrees))
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function standardError(values: readonly number[]): number {
  const centre = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
