import { ClusterMap } from '../routing/prediction/cluster-map.ts'
import { summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { UniversalBasis } from '../routing/prediction/universal/universal-estimators.ts'

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

/** What is known when only the LLMs at `columns` are training LLMs. */
export function basisOf(training: UniversalTraining, columns: readonly number[]): UniversalBasis {
  const { rows, base, clusters, clusterShares } = training
  const width = rows.llms.length
  const quality = summariseColumns(rows.quality, width)
  const levels = columns.filter((llm) => quality.counts[llm]! > 0).map((llm) => quality.means[llm]!)
  const levelMean = levels.length === 0 ? unknownLevel : mean(levels)
  const spread = mean(levels.map((level) => (level - levelMean) ** 2))
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
    levelMean,
    levelVariance: levels.length < 2 ? unknownVariance : Math.max(smallestVariance, spread),
  }
}

function columnMean(cells: Float64Array, width: number, column: number): number {
  let sum = 0
  for (let cell = column; cell < cells.length; cell += width) sum += cells[cell]!
  return (sum * width) / cells.length
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
