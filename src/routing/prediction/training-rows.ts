import type { RoutingContext } from '../embedding/routing-context.ts'
import { selectMatrixRows } from '../numeric/matrix.ts'
import type { LlmId } from '../registry/llm.ts'

/** Labelled requests, rows × LLMs, for fitting predictors. NaN marks an unknown cell; it is never zero. */
export interface TrainingRows {
  readonly llms: readonly LlmId[]
  readonly contexts: readonly RoutingContext[]
  /** Row-major [contexts.length × llms.length], in [0, 1] or NaN. */
  readonly quality: Float64Array
  /** Row-major, USD per call or NaN. */
  readonly costUsd: Float64Array
  /** Row-major, tokens or NaN. */
  readonly inputTokens: Float64Array
  /** Row-major, tokens (reasoning inside) or NaN. */
  readonly outputTokens: Float64Array
}

/** The rows at `indices`, in that order. Copies the matrices, shares the contexts. */
export function selectTrainingRows(rows: TrainingRows, indices: readonly number[]): TrainingRows {
  const width = rows.llms.length
  const pick = (cells: Float64Array): Float64Array => selectMatrixRows(cells, indices, width)
  return {
    llms: rows.llms,
    contexts: indices.map((row) => rows.contexts[row]!),
    quality: pick(rows.quality),
    costUsd: pick(rows.costUsd),
    inputTokens: pick(rows.inputTokens),
    outputTokens: pick(rows.outputTokens),
  }
}

/** Mean, spread and number of the known cells of each column. */
export interface ColumnSummary {
  /** Where a column has no known cell: the mean over all known cells; 0.5 where there is none at all. */
  readonly means: Float64Array
  /** Standard deviation around the mean (divisor n); where n < 2, that of all known cells. */
  readonly deviations: Float64Array
  readonly counts: Float64Array
}

/** @param cells row-major, rows × columns; NaN is unknown. */
export function summariseColumns(cells: Float64Array, columns: number): ColumnSummary {
  const sums = new Float64Array(columns)
  const counts = new Float64Array(columns)
  for (let i = 0; i < cells.length; i++) {
    if (Number.isNaN(cells[i]!)) continue
    sums[i % columns]! += cells[i]!
    counts[i % columns]!++
  }
  const known = counts.reduce((sum, count) => sum + count, 0)
  const pooledMean = known === 0 ? 0.5 : sums.reduce((sum, value) => sum + value, 0) / known
  const means = sums.map((sum, column) => (counts[column]! > 0 ? sum / counts[column]! : pooledMean))
  const squares = new Float64Array(columns)
  let pooledSquares = 0
  for (let i = 0; i < cells.length; i++) {
    if (Number.isNaN(cells[i]!)) continue
    squares[i % columns]! += (cells[i]! - means[i % columns]!) ** 2
    pooledSquares += (cells[i]! - pooledMean) ** 2
  }
  const pooledDeviation = known === 0 ? 0.5 : Math.sqrt(pooledSquares / known)
  const deviations = squares.map((sum, column) =>
    counts[column]! > 1 ? Math.sqrt(sum / counts[column]!) : pooledDeviation,
  )
  return { means, deviations, counts }
}

/** Embeddings of the rows in one row-major array, shape [rows × d]. */
export function stackEmbeddings(contexts: readonly RoutingContext[]): Float32Array {
  const d = contexts[0]?.embedding.length ?? 0
  const stacked = new Float32Array(contexts.length * d)
  contexts.forEach((context, row) => {
    stacked.set(context.embedding, row * d)
  })
  return stacked
}
