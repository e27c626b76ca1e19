import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { numberField, objectField, requireSnapshot, vectorField } from './snapshot-fields.ts'

/** Mathematics §9: one coordinate of either block then has a standard deviation near .3 under the unit ridge penalty. */
const blockScale = 0.3

/** Standardised features are held to this many deviations: what training never saw must not be extrapolated far. */
const widestDeviation = 5

/** A feature that varies less than this in training carries nothing and is left out. */
const smallestDeviation = 1e-9

/**
 * Products of every explicit feature with the first coordinates of the embedding, which tell tasks apart: what makes a prompt hard
 * differs between tasks, as length does between sums and quizzes.
 */
export interface DesignInteractions {
  /** k: coordinates of the embedding, the first ones; at least 1. */
  readonly coordinates: number
  /** > 0, relative to a feature on its own: how much less is expected of a product than of its parts. */
  readonly scale: number
}

/** Eight LSA coordinates tell the tasks of a benchmark apart; half the scale is four times the penalty. Docs: decisions/0016. */
export const defaultInteractions: DesignInteractions = { coordinates: 8, scale: 0.5 }

/**
 * The input of linear predictors: X = [0.3·√d·e ‖ 0.3·f], f the explicit features standardised on the training rows
 * (mathematics §9, prototype settings). Features constant in training become zero. With interactions, followed by s·0.3·f_j·√d·e_i for every
 * feature j and the first k coordinates i.
 */
export class DesignVector {
  readonly embeddingDimension: number
  /** d + number of explicit features × (1 + k). */
  readonly dimension: number
  readonly interactions: DesignInteractions | undefined
  readonly #means: Float64Array
  /** 0.3 / standard deviation, or 0. */
  readonly #scales: Float64Array

  private constructor(
    embeddingDimension: number,
    means: Float64Array,
    scales: Float64Array,
    interactions: DesignInteractions | undefined,
  ) {
    this.embeddingDimension = embeddingDimension
    this.interactions = interactions
    this.dimension = embeddingDimension + means.length * (1 + (interactions?.coordinates ?? 0))
    this.#means = means
    this.#scales = scales
  }

  /** @param contexts at least one. @param interactions default: none. */
  static fit(contexts: readonly RoutingContext[], interactions?: DesignInteractions): DesignVector {
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
    const embeddingDimension = contexts[0]!.embedding.length
    const held = interactions && {
      ...interactions,
      coordinates: Math.min(embeddingDimension, interactions.coordinates),
    }
    return new DesignVector(embeddingDimension, means, scales, held)
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
    if (this.interactions !== undefined) this.#writeInteractions(context.embedding, this.interactions, out)
  }

  #writeInteractions(embedding: Float32Array, { coordinates, scale }: DesignInteractions, out: Float64Array): void {
    const d = this.embeddingDimension
    const features = this.#means.length
    const factor = scale * Math.sqrt(d)
    let next = d + features
    for (let j = 0; j < features; j++) {
      const feature = factor * out[d + j]!
      for (let i = 0; i < coordinates; i++) out[next++] = feature * embedding[i]!
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
      interactions: this.interactions && { ...this.interactions },
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
      restoreInteractions(fields.interactions),
    )
  }
}

/** Vectors from before there were interactions have none. */
function restoreInteractions(data: SnapshotData | undefined): DesignInteractions | undefined {
  if (data === undefined) return undefined
  const fields = objectField({ interactions: data }, 'interactions')
  return { coordinates: numberField(fields, 'coordinates'), scale: numberField(fields, 'scale') }
}
