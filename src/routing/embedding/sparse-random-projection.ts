import type { NgramProjection } from './ngram-projection.ts'

/** Entries other than zero in each row. */
const nonZeros = 8

/** Any odd constant far from a power of two; fixed, because it is part of the unfitted embedder's id. */
const seedStep = 0x9e3779b9

/**
 * A random projection whose entries are ±1 or 0, computed from the row number instead of stored: each row has one ±1
 * in each of 8 equal parts of the embedding. Inner products are kept in expectation, with a variance of about 1/d
 * (Achlioptas 2003; the block construction is Kane and Nelson's, arXiv:1012.1577).
 */
export class SparseRandomProjection implements NgramProjection {
  readonly dimension: number

  /** @param dimension a multiple of 8. */
  constructor(dimension: number) {
    this.dimension = dimension
  }

  project(rows: Uint16Array, weights: Float64Array, count: number, embedding: Float64Array): void {
    embedding.fill(0)
    for (let i = 0; i < count; i++) {
      const weight = weights[i]!
      const first = Math.imul(rows[i]! + 1, seedStep)
      this.#spread(scramble(first), 0, weight, embedding)
      this.#spread(scramble(first + seedStep), 4, weight, embedding)
    }
  }

  /** Four entries from one hash: of each byte, one bit is the sign and seven choose the position within its part. */
  #spread(hash: number, firstPart: number, weight: number, embedding: Float64Array): void {
    const part = this.dimension / nonZeros
    let rest = hash
    for (let k = firstPart; k < firstPart + 4; k++) {
      const position = k * part + ((((rest >>> 1) & 0x7f) * part) >> 7)
      embedding[position]! += (rest & 1) === 0 ? weight : -weight
      rest >>>= 8
    }
  }
}

/** A 32-bit finaliser: each bit of the result depends on each bit of the input. */
function scramble(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return h ^ (h >>> 16)
}
