import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { numberField, requireSnapshot, vectorField } from './snapshot-fields.ts'

/** Mathematics §9: one coordinate of either block then has a standard deviation near .3 under the unit ridge penalty. */
const blockScale = 0.3

/** Standardised features are held to this many deviations: what training never saw must not be extrapolated far. */
const widestDeviation = 5

/** A feature that varies less than this in training carries nothing and is left out. */
const smallestDeviation = 1e-9

/**
 * The input of linear predictors: X = [0.3·√d·e ‖ 0.3·f], f the explicit features standardised on the training rows
 * (mathematics §9, prototype settings). Features constant in training become zero.
 */
export class DesignVector {
  readonly embeddingDimension: number
  /** d + number of explicit features. */
  readonly dimension: number
  readonly #means: Float64Array
  /** 0.3 / standard deviation, or 0. */
  readonly #scales: Float64Array

  private constructor(embeddingDimension: number, means: Float64Array, scales: Float64Array) {
    this.embeddingDimension = embeddingDimension
    this.dimension = embeddingDimension + means.length
    this.#means = means
    this.#scales = scales
  }

  /** @param contexts at least one. */
  static fit(contexts: readonly RoutingContext[]): DesignVector {
    const width = contexts[0]!.explicit.length
    const means = new Float64Array(width)
    const squares = new Float64Array(width)
    for (const { explicit } of contexts) {
      for (let j = 0; j < width; j++) means[j]! += explicit[j]! / contexts.length
    }
    for (const { explicit } of contexts) {
      for (let j = 0; j < width; j++) squares[j]! += (explicit[j]! - means[j]!) ** 2 / contexts.length
    }
    const scales = squares.map((square) => {
      const deviation = Math.sqrt(square)
      return deviation > smallestDeviation ? blockScale / deviation : 0
    })
    return new DesignVector(contexts[0]!.embedding.length, means, scales)
  }

  /**
   * @param out receives X, shape [dimension]. No allocation.
   * @throws {RoutingError} `dimension_mismatch` when the context is of another embedder or feature set.
   */
  write(context: RoutingContext, out: Float64Array): void {
    const d = this.embeddingDimension
    requireDimension('The embedding', context.embedding.length, d)
    requireDimension('The explicit features', context.explicit.length, this.#means.length)
    requireDimension('The design vector', out.length, this.dimension)
    const scale = blockScale * Math.sqrt(d)
    for (let j = 0; j < d; j++) out[j] = scale * context.embedding[j]!
    const limit = widestDeviation * blockScale
    for (let j = 0; j < this.#means.length; j++) {
      const value = (context.explicit[j]! - this.#means[j]!) * this.#scales[j]!
      out[d + j] = value > limit ? limit : value < -limit ? -limit : value
    }
  }

  /** X of all rows, row-major [rows × dimension]. */
  matrix(contexts: readonly RoutingContext[]): Float64Array {
    const x = new Float64Array(contexts.length * this.dimension)
    contexts.forEach((context, row) => {
      this.write(context, x.subarray(row * this.dimension, (row + 1) * this.dimension))
    })
    return x
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'design-vector',
      embeddingDimension: this.embeddingDimension,
      means: this.#means.slice(),
      scales: this.#scales.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): DesignVector {
    const fields = requireSnapshot(data, 'design-vector')
    const means = vectorField(fields, 'means')
    return new DesignVector(
      numberField(fields, 'embeddingDimension'),
      means,
      vectorField(fields, 'scales', means.length),
    )
  }
}
