/** Maps weighted vocabulary rows to an embedding, before it is scaled to norm 1. */
export interface NgramProjection {
  readonly dimension: number
  /**
   * embedding ← Σᵢ weights[i] · projection row rows[i], over the first `count` entries.
   * @param embedding shape [dimension], overwritten.
   */
  project(rows: Uint16Array, weights: Float64Array, count: number, embedding: Float64Array): void
}
