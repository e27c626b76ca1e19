import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import { SeededRandom, shuffle } from '../numeric/random-source.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { NearestRows } from './nearest-rows.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { floatVectorField, numberField, requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'
import {
  type ColumnSummary,
  selectTrainingRows,
  stackEmbeddings,
  summariseColumns,
  type TrainingRows,
} from './training-rows.ts'

export interface KnnQualityOptions {
  /** k. Default 80. */
  readonly neighbours?: number
  /** Rows kept at most, drawn with the seed; a prediction reads all of them. Default 2,000. */
  readonly maxRows?: number
  readonly seed: number
}

/** Smaller five-fold squared error than 40 (mathematics §9) on four of five sets at 64 dimensions, .1 % larger on the fifth. */
const defaultNeighbours = 80
const defaultMaxRows = 2000

/** Pseudo-labels at the LLM's mean, which carry it where few neighbours have a known cell. */
const priorLabels = 1

/** Pseudo-labels at the LLM's overall variance: neighbours that all agree are no proof of certainty. */
const priorVarianceLabels = 5

/**
 * The mean quality over the k most similar training prompts (cosine of embeddings, equal weights), known cells only.
 * Uncertainty is s/√n, s² being the neighbours' variance drawn to the LLM's overall one.
 */
export class KnnQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #embeddings: Float32Array
  readonly #dimension: number
  /** Row-major, rows × llms; NaN is unknown. */
  readonly #quality: Float32Array
  /** Whether every cell is known: then none need be looked at, which saves 1 µs at 80 × 12. */
  readonly #isComplete: boolean
  readonly #summary: ColumnSummary
  readonly #search: NearestRows
  /** Of the latest prediction's neighbours: Σ of the known labels and their number, per LLM. */
  readonly #sums: Float64Array
  readonly #known: Float64Array

  private constructor(
    llms: readonly LlmId[],
    embeddings: Float32Array,
    dimension: number,
    quality: Float32Array,
    summary: ColumnSummary,
    neighbours: number,
  ) {
    this.llms = llms
    this.#embeddings = embeddings
    this.#dimension = dimension
    this.#quality = quality
    this.#isComplete = !quality.some(Number.isNaN)
    this.#summary = summary
    this.#search = new NearestRows(embeddings, dimension, neighbours)
    this.#sums = new Float64Array(llms.length)
    this.#known = new Float64Array(llms.length)
  }

  /** @param rows at least one. An LLM without labels gets the mean of all. */
  static fit(rows: TrainingRows, options: KnnQualityOptions): KnnQualityPredictor {
    const { neighbours = defaultNeighbours, maxRows = defaultMaxRows, seed } = options
    const kept = sampleRows(rows, maxRows, seed)
    return new KnnQualityPredictor(
      [...rows.llms],
      stackEmbeddings(kept.contexts),
      rows.contexts[0]!.embedding.length,
      Float32Array.from(kept.quality),
      summariseColumns(rows.quality, rows.llms.length),
      neighbours,
    )
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The embedding', context.embedding.length, this.#dimension)
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    this.#search.search(context.embedding)
    this.#sumNeighbours()
    for (let llm = 0; llm < this.llms.length; llm++) {
      const prior = priorLabels * this.#summary.means[llm]!
      quality[llm] = Math.min(1, (this.#sums[llm]! + prior) / (this.#known[llm]! + priorLabels))
    }
    if (uncertainty !== undefined) this.#standardErrors(uncertainty)
  }

  /** Row by row, as the labels lie in memory. */
  #sumNeighbours(): void {
    const { found, count } = this.#search
    const width = this.llms.length
    const sums = this.#sums
    const known = this.#known
    sums.fill(0)
    if (this.#isComplete) {
      known.fill(count)
      for (let i = 0; i < count; i++) {
        const start = found[i]! * width
        for (let llm = 0; llm < width; llm++) sums[llm]! += this.#quality[start + llm]!
      }
      return
    }
    known.fill(0)
    for (let i = 0; i < count; i++) {
      const start = found[i]! * width
      for (let llm = 0; llm < width; llm++) {
        const value = this.#quality[start + llm]!
        if (Number.isNaN(value)) continue
        sums[llm]! += value
        known[llm]!++
      }
    }
  }

  #standardErrors(out: Float64Array): void {
    const { found, count } = this.#search
    const width = this.llms.length
    out.fill(0)
    for (let i = 0; i < count; i++) {
      const start = found[i]! * width
      for (let llm = 0; llm < width; llm++) {
        const value = this.#quality[start + llm]!
        if (!Number.isNaN(value)) out[llm]! += (value - this.#sums[llm]! / this.#known[llm]!) ** 2
      }
    }
    for (let llm = 0; llm < width; llm++) {
      const known = this.#known[llm]!
      const prior = priorVarianceLabels * this.#summary.deviations[llm]! ** 2
      out[llm] = Math.sqrt((out[llm]! + prior) / (known + priorVarianceLabels) / (known + priorLabels))
    }
  }

  snapshot(): QualityPredictorSnapshot {
    return {
      formatVersion: 1,
      kind: 'knn',
      llms: this.llms,
      dimension: this.#dimension,
      neighbours: this.#search.found.length,
      embeddings: this.#embeddings.slice(),
      quality: this.#quality.slice(),
      means: this.#summary.means.slice(),
      deviations: this.#summary.deviations.slice(),
      counts: this.#summary.counts.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): KnnQualityPredictor {
    const fields = requireSnapshot(data, 'knn')
    const llms = stringsField(fields, 'llms')
    const dimension = numberField(fields, 'dimension')
    const embeddings = floatVectorField(fields, 'embeddings')
    const quality = floatVectorField(fields, 'quality', (embeddings.length / dimension) * llms.length)
    const summary = {
      means: vectorField(fields, 'means', llms.length),
      deviations: vectorField(fields, 'deviations', llms.length),
      counts: vectorField(fields, 'counts', llms.length),
    }
    return new KnnQualityPredictor(llms, embeddings, dimension, quality, summary, numberField(fields, 'neighbours'))
  }
}

function sampleRows(rows: TrainingRows, maxRows: number, seed: number): TrainingRows {
  if (rows.contexts.length <= maxRows) return rows
  const order = Array.from({ length: rows.contexts.length }, (_, row) => row)
  shuffle(order, new SeededRandom(seed))
  return selectTrainingRows(
    rows,
    order.slice(0, maxRows).sort((a, b) => a - b),
  )
}
