import { embeddedCharacters, ngramBlocks } from './ngram-hasher.ts'
import type { NgramProjection } from './ngram-projection.ts'

/** Dimensions summed at once: their sums stay in registers while the rows go by. */
const lanes = 8

const largestInt8 = 127

/** A dense projection, each row as int8 times a scale of its own: a row of 64 fills one cache line. */
export class QuantisedProjection implements NgramProjection {
  readonly dimension: number
  /** Row-major, shape [rowCount × dimension]. */
  readonly entries: Int8Array
  /** Shape [rowCount]. */
  readonly scales: Float32Array
  readonly #starts = new Int32Array(ngramBlocks * embeddedCharacters)
  readonly #factors = new Float64Array(ngramBlocks * embeddedCharacters)

  /** @param dimension a multiple of 8. The arrays are kept, not copied. */
  constructor(entries: Int8Array, scales: Float32Array, dimension: number) {
    this.entries = entries
    this.scales = scales
    this.dimension = dimension
  }

  /** @param matrix row-major, shape [rowCount × dimension]; each entry is off by at most half its row's scale. */
  static quantise(matrix: Float64Array, rowCount: number, dimension: number): QuantisedProjection {
    const entries = new Int8Array(rowCount * dimension)
    const scales = new Float32Array(rowCount)
    for (let row = 0; row < rowCount; row++) {
      const start = row * dimension
      let largest = 0
      for (let j = 0; j < dimension; j++) largest = Math.max(largest, Math.abs(matrix[start + j]!))
      if (largest === 0) continue
      scales[row] = largest / largestInt8
      for (let j = 0; j < dimension; j++) entries[start + j] = Math.round((matrix[start + j]! / largest) * largestInt8)
    }
    return new QuantisedProjection(entries, scales, dimension)
  }

  project(rows: Uint16Array, weights: Float64Array, count: number, embedding: Float64Array): void {
    const { dimension, entries, scales } = this
    const starts = this.#starts
    const factors = this.#factors
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      starts[i] = row * dimension
      factors[i] = weights[i]! * scales[row]!
    }
    for (let first = 0; first < dimension; first += lanes) sumLanes(entries, starts, factors, count, first, embedding)
  }
}

/** embedding[first … first + 7] ← Σᵢ factors[i] · entries[starts[i] + first …]. */
function sumLanes(
  entries: Int8Array,
  starts: Int32Array,
  factors: Float64Array,
  count: number,
  first: number,
  embedding: Float64Array,
): void {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let s4 = 0
  let s5 = 0
  let s6 = 0
  let s7 = 0
  for (let i = 0; i < count; i++) {
    const factor = factors[i]!
    const at = starts[i]! + first
    s0 += factor * entries[at]!
    s1 += factor * entries[at + 1]!
    s2 += factor * entries[at + 2]!
    s3 += factor * entries[at + 3]!
    s4 += factor * entries[at + 4]!
    s5 += factor * entries[at + 5]!
    s6 += factor * entries[at + 6]!
    s7 += factor * entries[at + 7]!
  }
  embedding[first] = s0
  embedding[first + 1] = s1
  embedding[first + 2] = s2
  embedding[first + 3] = s3
  embedding[first + 4] = s4
  embedding[first + 5] = s5
  embedding[first + 6] = s6
  embedding[first + 7] = s7
}
