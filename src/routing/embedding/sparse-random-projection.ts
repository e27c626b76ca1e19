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
    const part = this.dimension / nonZeros
    embedding.fill(0)
    for (let i = 0; i < count; i++) {
      const weight = weights[i]!
      let state = Math.imul(rows[i]! + 1, seedStep)
      for (let k = 0; k < nonZeros; k++) {
        state = (state + seedStep) | 0
        let h = Math.imul(state ^ (state >>> 16), 0x7feb352d)
        h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
        h ^= h >>> 16
        const position = k * part + (((h >>> 16) * part) >>> 16)
        embedding[position]! += (h & 1) === 0 ? weight : -weight
      }
    }
  }
}
