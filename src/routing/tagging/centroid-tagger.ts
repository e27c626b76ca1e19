import type { RoutingContext } from '../embedding/routing-context.ts'
import { RoutingError, requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { numberField, requireSnapshot, stringsField, vectorField } from '../prediction/snapshot-fields.ts'
import { bySureness, type Tag, type Tagger } from './tagger.ts'

export interface CentroidTaggerOptions {
  /** A tag with a smaller share of the posterior is not given. Default .1. */
  readonly leastConfidence?: number
  /** T of the softmax; tuned on held-out prompts when left out. */
  readonly temperature?: number
}

/** Folds of the tuning of T: row i is held out in fold i mod 5. */
const folds = 5

/** T that tuning chooses from. Cosines differ by tenths, so that .02 is nearly the nearest centroid alone. */
const temperatures = [0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1] as const

const defaultLeastConfidence = 0.1

/**
 * Tags learned from labelled prompts: a tag's centroid is the unit mean of the embeddings of its prompts, and a prompt's
 * posterior over tags is softmax(cosine/T). T minimises the held-out log loss against the prompt's own tags in equal shares.
 */
export class CentroidTagger implements Tagger {
  readonly tags: readonly string[]
  readonly dimension: number
  readonly temperature: number
  readonly #leastConfidence: number
  /** Row-major, tags × dimension, unit rows. */
  readonly #centroids: Float64Array
  readonly #posterior: Float64Array

  private constructor(
    tags: readonly string[],
    dimension: number,
    centroids: Float64Array,
    temperature: number,
    leastConfidence: number,
  ) {
    this.tags = tags
    this.dimension = dimension
    this.temperature = temperature
    this.#leastConfidence = leastConfidence
    this.#centroids = centroids
    this.#posterior = new Float64Array(tags.length)
  }

  /**
   * @param embeddings unit vectors, row-major [prompts × dimension]. @param tagsOf of each prompt; none is allowed.
   * @throws {RoutingError} `invalid_option` when no prompt has a tag.
   */
  static fit(
    embeddings: Float32Array,
    dimension: number,
    tagsOf: readonly (readonly string[])[],
    options: CentroidTaggerOptions = {},
  ): CentroidTagger {
    requireDimension('The embeddings', embeddings.length, dimension * tagsOf.length)
    const tags = [...new Set(tagsOf.flat())].sort()
    if (tags.length === 0) throw new RoutingError('invalid_option', 'No prompt has a tag to learn', { param: 'tagsOf' })
    const numbers = new Map(tags.map((tag, index) => [tag, index]))
    const numbered = tagsOf.map((own) => [...new Set(own)].map((tag) => numbers.get(tag)!))
    const temperature = options.temperature ?? tuneTemperature(embeddings, dimension, numbered, tags.length)
    const leastConfidence = options.leastConfidence ?? defaultLeastConfidence
    const centroids = centroidsOf(embeddings, dimension, numbered, tags.length, () => true)
    return new CentroidTagger(tags, dimension, centroids, temperature, leastConfidence)
  }

  tag(_text: string, context: RoutingContext): readonly Tag[] {
    this.posterior(context.embedding, this.#posterior)
    const found: Tag[] = []
    this.tags.forEach((name, index) => {
      const confidence = this.#posterior[index]!
      if (confidence >= this.#leastConfidence) found.push({ name, confidence })
    })
    return bySureness(found)
  }

  /** @param out receives the posterior, shape [tags.length], sums to 1. Equal shares for a zero vector. No allocation. */
  posterior(embedding: Float32Array | Float64Array, out: Float64Array): void {
    requireDimension('The embedding', embedding.length, this.dimension)
    requireDimension('The posterior', out.length, this.tags.length)
    cosines(embedding, 0, this.dimension, this.#centroids, out)
    softmaxInPlace(out, this.temperature)
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'centroid-tagger',
      tags: this.tags,
      dimension: this.dimension,
      temperature: this.temperature,
      leastConfidence: this.#leastConfidence,
      centroids: this.#centroids.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): CentroidTagger {
    const fields = requireSnapshot(data, 'centroid-tagger')
    const tags = stringsField(fields, 'tags')
    const dimension = numberField(fields, 'dimension')
    const centroids = vectorField(fields, 'centroids', tags.length * dimension)
    const temperature = numberField(fields, 'temperature')
    return new CentroidTagger(tags, dimension, centroids, temperature, numberField(fields, 'leastConfidence'))
  }
}

type TagNumbers = readonly (readonly number[])[]

function centroidsOf(
  embeddings: Float32Array,
  dimension: number,
  tagsOf: TagNumbers,
  count: number,
  counts: (row: number) => boolean,
): Float64Array {
  const centroids = new Float64Array(count * dimension)
  tagsOf.forEach((own, row) => {
    if (!counts(row)) return
    for (const tag of own) {
      for (let j = 0; j < dimension; j++) centroids[tag * dimension + j]! += embeddings[row * dimension + j]!
    }
  })
  for (let tag = 0; tag < count; tag++) unitInPlace(centroids.subarray(tag * dimension, (tag + 1) * dimension))
  return centroids
}

/** Divides by the L2 norm; a zero vector stays. */
function unitInPlace(vector: Float64Array): void {
  let squares = 0
  for (let j = 0; j < vector.length; j++) squares += vector[j]! * vector[j]!
  if (squares === 0) return
  const scale = 1 / Math.sqrt(squares)
  for (let j = 0; j < vector.length; j++) vector[j]! *= scale
}

function tuneTemperature(embeddings: Float32Array, dimension: number, tagsOf: TagNumbers, count: number): number {
  const losses = new Float64Array(temperatures.length)
  const similarity = new Float64Array(count)
  const posterior = new Float64Array(count)
  for (let fold = 0; fold < folds; fold++) {
    const centroids = centroidsOf(embeddings, dimension, tagsOf, count, (row) => row % folds !== fold)
    for (let row = fold; row < tagsOf.length; row += folds) {
      const own = tagsOf[row]!
      if (own.length === 0) continue
      cosines(embeddings, row * dimension, dimension, centroids, similarity)
      temperatures.forEach((temperature, index) => {
        posterior.set(similarity)
        softmaxInPlace(posterior, temperature)
        for (const tag of own) losses[index]! -= Math.log(Math.max(1e-12, posterior[tag]!)) / own.length
      })
    }
  }
  return temperatures[losses.indexOf(Math.min(...losses))]!
}

function cosines(
  embeddings: Float32Array | Float64Array,
  start: number,
  dimension: number,
  centroids: Float64Array,
  out: Float64Array,
): void {
  for (let tag = 0; tag < out.length; tag++) {
    let sum = 0
    for (let j = 0; j < dimension; j++) sum += embeddings[start + j]! * centroids[tag * dimension + j]!
    out[tag] = sum
  }
}

function softmaxInPlace(values: Float64Array, temperature: number): void {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]!)
  let total = 0
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.exp((values[i]! - largest) / temperature)
    total += values[i]!
  }
  for (let i = 0; i < values.length; i++) values[i]! /= total
}
