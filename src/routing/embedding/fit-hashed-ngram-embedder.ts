import { RoutingError } from '../errors.ts'
import { SeededRandom } from '../numeric/random-source.ts'
import { randomisedSvd, randomisedSvdPasses } from '../numeric/randomised-svd.ts'
import type { SparseMatrix } from '../numeric/sparse-matrix.ts'
import { defaultEmbeddingDimension, HashedNgramEmbedder, requireEmbeddingDimension } from './hashed-ngram-embedder.ts'
import { bucketsPerBlock, NgramHasher, ngramBlocks } from './ngram-hasher.ts'
import { largestVocabulary, NgramVocabulary } from './ngram-vocabulary.ts'
import { QuantisedProjection } from './quantised-projection.ts'

export interface FitHashedNgramOptions {
  /** d, a multiple of 8 from 8 to 512. Default 64. */
  readonly dimension?: number
  readonly seed: number
  /** Features found in fewer texts are left out. At least 1, default 2. */
  readonly minimumTexts?: number
  /** Features kept at most, those found in most texts first. Up to 65,535, default 12,000: under 1 MB at d = 64. */
  readonly maximumFeatures?: number
  /** `total` stays the same throughout and counts abstract steps. */
  readonly onProgress?: (done: number, total: number) => void
}

interface DocumentFrequencies {
  /** Ascending. */
  readonly features: Int32Array
  /** Smoothed inverse document frequency of each. */
  readonly idf: Float32Array
}

const defaultMaximumFeatures = 12_000

/** Texts read between two calls of `onProgress`. */
const progressInterval = 256

/**
 * Fits the LSA projection of a {@link HashedNgramEmbedder}: the leading right singular vectors of the tf-idf matrix
 * of `texts`, its two blocks each L2-normalised per text. Same texts and seed, same projection on one machine.
 * Synchronous: about a second per 1,000 texts of 1,000 characters.
 *
 * With fewer independent texts than d the remaining dimensions are zero.
 *
 * @throws {RoutingError} `invalid_option` when no feature occurs in `minimumTexts` texts, or an option is out of range.
 */
export function fitHashedNgramEmbedder(texts: readonly string[], options: FitHashedNgramOptions): HashedNgramEmbedder {
  const { dimension = defaultEmbeddingDimension, seed, onProgress } = options
  const { minimumTexts = 2, maximumFeatures = defaultMaximumFeatures } = options
  requireEmbeddingDimension(dimension)
  requireWhole('minimumTexts', minimumTexts, Number.MAX_SAFE_INTEGER)
  requireWhole('maximumFeatures', maximumFeatures, largestVocabulary)
  const passes = randomisedSvdPasses()
  const total = texts.length * (2 + passes)
  const report = (done: number): void => onProgress?.(done, total)

  const hasher = new NgramHasher()
  const { features, idf } = documentFrequencies(texts, hasher, minimumTexts, maximumFeatures, report)
  const weighted = weightedTexts(texts, hasher, NgramVocabulary.of(features, idf), (done) =>
    report(texts.length + done),
  )
  const { vectors } = randomisedSvd(weighted, dimension, {
    random: new SeededRandom(seed),
    onPass: (done) => report(texts.length * (2 + done)),
  })
  const { entries, scales } = QuantisedProjection.quantise(vectors, features.length, dimension)
  return new HashedNgramEmbedder({ dimension, fitted: { features, idf, entries, scales } })
}

function requireWhole(param: string, value: number, largest: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= largest) return
  throw new RoutingError('invalid_option', `${param} is ${value}; it must be a whole number from 1 to ${largest}`, {
    param,
  })
}

/** First reading: in how many texts each feature occurs, and which are kept. */
function documentFrequencies(
  texts: readonly string[],
  hasher: NgramHasher,
  minimumTexts: number,
  maximumFeatures: number,
  report: (done: number) => void,
): DocumentFrequencies {
  const frequency = new Int32Array(ngramBlocks * bucketsPerBlock)
  const lastText = new Int32Array(frequency.length).fill(-1)
  texts.forEach((text, index) => {
    hasher.hash(text)
    countOnce(hasher.words, hasher.wordCount, 0, index, lastText, frequency)
    countOnce(hasher.trigrams, hasher.trigramCount, bucketsPerBlock, index, lastText, frequency)
    if (index % progressInterval === 0) report(index)
  })
  const features = keptFeatures(frequency, minimumTexts, maximumFeatures)
  if (features.length === 0) {
    const message = `No word or 3-gram occurs in ${minimumTexts} of the ${texts.length} texts: more texts are needed`
    throw new RoutingError('invalid_option', message, { param: 'texts' })
  }
  // Smoothed as if one more text held every feature, so that none weighs nothing.
  const idf = Float32Array.from(features, (feature) => Math.log((1 + texts.length) / (1 + frequency[feature]!)) + 1)
  return { features, idf }
}

function countOnce(
  buckets: Uint16Array,
  count: number,
  firstFeature: number,
  text: number,
  lastText: Int32Array,
  frequency: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const feature = firstFeature + buckets[i]!
    if (lastText[feature] === text) continue
    lastText[feature] = text
    frequency[feature]!++
  }
}

function keptFeatures(frequency: Int32Array, minimumTexts: number, maximumFeatures: number): Int32Array {
  const frequent = Array.from(frequency.keys()).filter((feature) => frequency[feature]! >= minimumTexts)
  frequent.sort((a, b) => frequency[b]! - frequency[a]! || a - b)
  return Int32Array.from(frequent.slice(0, maximumFeatures)).sort()
}

/** Second reading: the tf-idf matrix, texts × kept features. */
function weightedTexts(
  texts: readonly string[],
  hasher: NgramHasher,
  vocabulary: NgramVocabulary,
  report: (done: number) => void,
): SparseMatrix {
  const rowStarts = new Int32Array(texts.length + 1)
  let columns = new Int32Array(texts.length * 256)
  let values = new Float32Array(columns.length)
  let end = 0
  texts.forEach((text, index) => {
    hasher.hash(text)
    const count = vocabulary.weigh(hasher)
    if (end + count > columns.length) {
      columns = enlarged(columns, new Int32Array(2 * (end + count)))
      values = enlarged(values, new Float32Array(2 * (end + count)))
    }
    for (let i = 0; i < count; i++) {
      columns[end] = vocabulary.rows[i]!
      values[end++] = vocabulary.weights[i]!
    }
    rowStarts[index + 1] = end
    if (index % progressInterval === 0) report(index)
  })
  return { rowCount: texts.length, columnCount: vocabulary.rowCount, rowStarts, columns, values }
}

function enlarged<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
