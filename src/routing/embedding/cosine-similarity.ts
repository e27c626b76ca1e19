/** Cosine of two unit vectors of the same length: their inner product, in [−1, 1] up to rounding. 0 if either is all zeros. */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
