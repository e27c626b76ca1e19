import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { Embedder } from './embedder.ts'
import {
  type FittedNgrams,
  fingerprintNgrams,
  type HashedNgramSnapshot,
  parseHashedNgramSnapshot,
  requireConsistentNgrams,
} from './hashed-ngram-snapshot.ts'
import { NgramHasher, ngramHashVersion } from './ngram-hasher.ts'
import type { NgramProjection } from './ngram-projection.ts'
import { NgramVocabulary } from './ngram-vocabulary.ts'
import { QuantisedProjection } from './quantised-projection.ts'
import { SparseRandomProjection } from './sparse-random-projection.ts'

export const defaultEmbeddingDimension = 64

export interface HashedNgramEmbedderOptions {
  /** d, a multiple of 8 from 8 to 512. Default 64. */
  readonly dimension?: number
  /** From `fitHashedNgramEmbedder` or a snapshot; a fixed random projection when left out. Kept, not copied. */
  readonly fitted?: FittedNgrams
}

/**
 * Words and in-word character 3-grams, hashed, log- and idf-weighted, each block L2-normalised, projected to d
 * dimensions and L2-normalised (mathematics §1). Fitted, the projection is LSA; unfitted, a fixed sparse random one, so
 * that the first request of a fresh install is embedded with no download.
 *
 * `embed` reads the end of the text only (`embeddedCharacters`), allocates its result and nothing else, and accepts
 * any string. The buffers it works in make one instance serve one call at a time, which a synchronous call is.
 */
export class HashedNgramEmbedder implements Embedder {
  readonly id: string
  readonly dimension: number
  readonly #fitted: FittedNgrams | undefined
  readonly #hasher = new NgramHasher()
  readonly #vocabulary: NgramVocabulary
  readonly #projection: NgramProjection
  readonly #sum: Float64Array

  /** @throws {RoutingError} `invalid_option` for the dimension; `dimension_mismatch` or `not_finite` for `fitted`. */
  constructor(options: HashedNgramEmbedderOptions = {}) {
    const { dimension = defaultEmbeddingDimension, fitted } = options
    requireEmbeddingDimension(dimension)
    if (fitted !== undefined) requireConsistentNgrams(fitted, dimension)
    this.dimension = dimension
    this.#fitted = fitted
    this.#sum = new Float64Array(dimension)
    if (fitted === undefined) {
      this.id = `hashed-ngram-${dimension}-unfitted-v${ngramHashVersion}`
      this.#vocabulary = NgramVocabulary.unfitted()
      this.#projection = new SparseRandomProjection(dimension)
    } else {
      this.id = `hashed-ngram-${dimension}-${fingerprintNgrams(fitted)}`
      this.#vocabulary = NgramVocabulary.of(fitted.features, fitted.idf)
      this.#projection = new QuantisedProjection(fitted.entries, fitted.scales, dimension)
    }
  }

  embed(text: string): Float32Array {
    this.#hasher.hash(text)
    const count = this.#vocabulary.weigh(this.#hasher)
    const sum = this.#sum
    this.#projection.project(this.#vocabulary.rows, this.#vocabulary.weights, count, sum)
    let squares = 0
    for (let j = 0; j < sum.length; j++) squares += sum[j]! * sum[j]!
    const embedding = new Float32Array(sum.length)
    if (!(squares > 0)) return embedding
    const scale = 1 / Math.sqrt(squares)
    for (let j = 0; j < sum.length; j++) embedding[j] = sum[j]! * scale
    return embedding
  }

  /** Plain data sharing this embedder's arrays; do not change them. */
  snapshot(): HashedNgramSnapshot {
    return {
      formatVersion: 1,
      kind: 'hashed-ngram',
      hashVersion: ngramHashVersion,
      dimension: this.dimension,
      fitted: this.#fitted ?? null,
    }
  }

  /**
   * The embedder of a snapshot: same id, bit-identical vectors.
   * @throws {RoutingError} `unknown_snapshot_format` when it is not a snapshot of this kind and version.
   */
  static restore(snapshot: SnapshotData): HashedNgramEmbedder {
    const { dimension, fitted } = parseHashedNgramSnapshot(snapshot)
    return new HashedNgramEmbedder(fitted === null ? { dimension } : { dimension, fitted })
  }
}

/** @throws {RoutingError} `invalid_option` unless d is a multiple of 8 from 8 to 512. */
export function requireEmbeddingDimension(dimension: number): void {
  if (Number.isInteger(dimension / 8) && dimension >= 8 && dimension <= 512) return
  throw new RoutingError('invalid_option', `dimension is ${dimension}; it must be a multiple of 8 from 8 to 512`, {
    param: 'dimension',
  })
}
