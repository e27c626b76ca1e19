import { RoutingError } from '../errors.ts'
import { SeededRandom } from '../numeric/random-source.ts'
import { randomisedSvd, randomisedSvdPasses } from '../numeric/randomised-svd.ts'
import type { SparseMatrix } from '../numeric/sparse-matrix.ts'
import { finishSteps, finishStepsPausing, type WorkSteps } from '../numeric/work-steps.ts'
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
  /** Awaited after every ten milliseconds or so of work, so that others have their turn. All at once when left out. */
  readonly pause?: () => Promise<void>
}

interface KeptFeatures {
  /** Ascending. */
  readonly features: Int32Array
  /** Smoothed inverse document frequency of each. */
  readonly idf: Float32Array
}

const defaultMaximumFeatures = 12_000

/** Texts read between two pauses: some 20 ms when all are as long as an embedder reads. */
const textsPerStep = 32

/**
 * Fits the LSA projection of a {@link HashedNgramEmbedder}: the leading right singular vectors of the tf-idf matrix
 * of `texts`, its two blocks each L2-normalised per text. Same texts and seed, same projection on one machine, with
 * pauses or without. About a second per 1,000 texts of 1,000 characters.
 *
 * With fewer independent texts than d the remaining dimensions are zero.
 *
 * @throws {RoutingError} `invalid_option` when no feature occurs in `minimumTexts` texts, or an option is out of range.
 */
export async function fitHashedNgramEmbedder(
  texts: readonly string[],
  options: FitHashedNgramOptions,
): Promise<HashedNgramEmbedder> {
  const steps = fitSteps(texts, options)
  return options.pause === undefined ? finishSteps(steps) : finishStepsPausing(steps, options.pause)
}

function* fitSteps(texts: readonly string[], options: FitHashedNgramOptions): WorkSteps<HashedNgramEmbedder> {
  const { dimension = defaultEmbeddingDimension, seed, onProgress } = options
  const { minimumTexts = 2, maximumFeatures = defaultMaximumFeatures } = options
  requireEmbeddingDimension(dimension)
  requireWhole('minimumTexts', minimumTexts, Number.MAX_SAFE_INTEGER)
  requireWhole('maximumFeatures', maximumFeatures, largestVocabulary)
  const total = texts.length * (2 + randomisedSvdPasses())
  const report = (done: number): void => onProgress?.(done, total)

  const hasher = new NgramHasher()
  const frequency = yield* documentFrequencies(texts, hasher, report)
  const { features, idf } = keptFeatures(frequency, texts.length, minimumTexts, maximumFeatures)
  yield
  const vocabulary = NgramVocabulary.of(features, idf)
  const weighted = yield* weightedTexts(texts, hasher, vocabulary, (done) => report(texts.length + done))
  const { vectors } = yield* randomisedSvd(weighted, dimension, {
    random: new SeededRandom(seed),
    onPass: (done) => report(texts.length * (2 + done)),
  })
  yield
  const { entries, scales } = QuantisedProjection.quantise(vectors, features.length, dimension)
  return new HashedNgramEmbedder({ dimension, fitted: { features, idf, entries, scales } })
}

function requireWhole(param: string, value: number, largest: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= largest) return
  throw new RoutingError('invalid_option', `${param} is ${value}; it must be a whole number from 1 to ${largest}`, {
    param,
  })
}

/** First reading: in how many texts each feature occurs. */
function* documentFrequencies(
  texts: readonly string[],
  hasher: NgramHasher,
  report: (done: number) => void,
): WorkSteps<Int32Array> {
  const frequency = new Int32Array(ngramBlocks * bucketsPerBlock)
  const lastText = new Int32Array(frequency.length).fill(-1)
  for (const [index, text] of texts.entries()) {
    hasher.hash(text)
    countOnce(hasher.words, hasher.wordCount, 0, index, lastText, frequency)
    countOnce(hasher.trigrams, hasher.trigramCount, bucketsPerBlock, index, lastText, frequency)
    if (index % textsPerStep === 0) {
      report(index)
      yield
    }
  }
  return frequency
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

function keptFeatures(
  frequency: Int32Array,
  textCount: number,
  minimumTexts: number,
  maximumFeatures: number,
): KeptFeatures {
  const frequent = Array.from(frequency.keys()).filter((feature) => frequency[feature]! >= minimumTexts)
  if (frequent.length === 0) {
    const message = `No word or 3-gram occurs in ${minimumTexts} of the ${textCount} texts: more texts are needed`
    throw new RoutingError('invalid_option', message, { param: 'texts' })
  }
  frequent.sort((a, b) => frequency[b]! - frequency[a]! || a - b)
  const features = Int32Array.from(frequent.slice(0, maximumFeatures)).sort()
  // Smoothed as if one more text held every feature, so that none weighs nothing.
  const idf = Float32Array.from(features, (feature) => Math.log((1 + textCount) / (1 + frequency[feature]!)) + 1)
  return { features, idf }
}

/** Second reading: the tf-idf matrix, texts × kept features. */
function* weightedTexts(
  texts: readonly string[],
  hasher: NgramHasher,
  vocabulary: NgramVocabulary,
  report: (done: number) => void,
): WorkSteps<SparseMatrix> {
  const rowStarts = new Int32Array(texts.length + 1)
  let columns = new Int32Array(texts.length * 256)
  let values = new Float32Array(columns.length)
  let end = 0
  for (const [index, text] of texts.entries()) {
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
    if (index % textsPerStep === 0) {
      report(index)
      yield
    }
  }
  return { rowCount: texts.length, columnCount: vocabulary.rowCount, rowStarts, columns, values }
}

function enlarged<T extends Int32Array | Float32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
