/** Turns text into a unit vector. Vectors of different embedder ids are never mixed. */
export interface Embedder {
  /** Changes whenever the same text could get another vector: kind, parameters and fitted projection. */
  readonly id: string
  readonly dimension: number
  /**
   * @returns e, shape [dimension], L2 norm 1 (all zeros for text without any known feature). The caller owns it.
   */
  embed(text: string): Float32Array | Promise<Float32Array>
}
