import { bucketsPerBlock, embeddedCharacters, type NgramHasher, ngramBlocks } from './ngram-hasher.ts'

/** Buckets of both blocks in one numbering: words first. */
const featureCount = ngramBlocks * bucketsPerBlock

/** Rows are numbered in 16 bits, and 0 marks a bucket without one. */
export const largestVocabulary = 0xffff

/**
 * The buckets an embedder knows, each with its inverse document frequency, and the weighting of one text's features:
 * log(1 + count) · idf, each block scaled to L2 norm 1 over the known buckets.
 */
export class NgramVocabulary {
  readonly rowCount: number
  /** Distinct rows of the text weighed last; valid up to what `weigh` returned, until the next call. */
  readonly rows = new Uint16Array(ngramBlocks * embeddedCharacters)
  readonly weights = new Float64Array(ngramBlocks * embeddedCharacters)
  /** Row + 1 of each feature, 0 for none. */
  readonly #rowAfter: Uint16Array
  readonly #idf: Float32Array
  /** All zeros between calls. */
  readonly #counts: Uint16Array
  readonly #logCounts = Float64Array.from({ length: embeddedCharacters + 1 }, (_, count) => Math.log1p(count))

  private constructor(rowAfter: Uint16Array, idf: Float32Array) {
    this.rowCount = idf.length
    this.#rowAfter = rowAfter
    this.#idf = idf
    this.#counts = new Uint16Array(idf.length)
  }

  /**
   * @param features known features, ascending; feature = block · 2^16 + bucket. Row i belongs to features[i].
   * @param idf shape [features.length]. Kept, not copied.
   */
  static of(features: Int32Array, idf: Float32Array): NgramVocabulary {
    const rowAfter = new Uint16Array(featureCount)
    for (let row = 0; row < features.length; row++) rowAfter[features[row]!] = row + 1
    return new NgramVocabulary(rowAfter, idf)
  }

  /** Every bucket is known, four to a row, none weighs more than another: what can be said before anything is fitted. */
  static unfitted(): NgramVocabulary {
    const rowAfter = new Uint16Array(featureCount)
    for (let feature = 0; feature < featureCount; feature++) rowAfter[feature] = (feature >> 2) + 1
    return new NgramVocabulary(rowAfter, new Float32Array(featureCount >> 2).fill(1))
  }

  /** Weighs the features that `ngrams` holds. @returns how many distinct rows; no allocation. */
  weigh(ngrams: NgramHasher): number {
    const words = this.#weighBlock(ngrams.words, ngrams.wordCount, 0, 0)
    return this.#weighBlock(ngrams.trigrams, ngrams.trigramCount, bucketsPerBlock, words)
  }

  #weighBlock(buckets: Uint16Array, bucketCount: number, firstFeature: number, start: number): number {
    const { rows, weights } = this
    const counts = this.#counts
    const rowAfter = this.#rowAfter
    let end = start
    for (let i = 0; i < bucketCount; i++) {
      const after = rowAfter[firstFeature + buckets[i]!]!
      if (after === 0) continue
      const count = counts[after - 1]!
      if (count === 0) rows[end++] = after - 1
      counts[after - 1] = count + 1
    }
    let squares = 0
    for (let i = start; i < end; i++) {
      const row = rows[i]!
      const weight = this.#logCounts[counts[row]!]! * this.#idf[row]!
      counts[row] = 0
      weights[i] = weight
      squares += weight * weight
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0
    for (let i = start; i < end; i++) weights[i]! *= scale
    return end
  }
}
