import { nonNegativeLeastSquares } from '../numeric/non-negative-least-squares.ts'

/**
 * Weights of a stack: non-negative least squares of the labels on the members' out-of-fold predictions, both centred
 * over each row's known cells (only differences inside the pool decide), then shrunk half-way to equal weights:
 * w ← ½·w + ½/members (mathematics §2). Rows with fewer than two known cells say nothing and drop out.
 *
 * @param predictions per member, out of fold, row-major [rows × llmCount].
 * @param quality labels, row-major [rows × llmCount]; NaN is unknown.
 */
export function stackWeights(
  predictions: readonly Float64Array[],
  quality: Float64Array,
  llmCount: number,
): Float64Array {
  const members = predictions.length
  const gram = new Float64Array(members * members)
  const rhs = new Float64Array(members)
  const centred = new Float64Array(members)
  const rowMeans = new Float64Array(members)
  for (let start = 0; start < quality.length; start += llmCount) {
    let known = 0
    let labelMean = 0
    rowMeans.fill(0)
    for (let cell = start; cell < start + llmCount; cell++) {
      if (Number.isNaN(quality[cell]!)) continue
      known++
      labelMean += quality[cell]!
      for (let j = 0; j < members; j++) rowMeans[j]! += predictions[j]![cell]!
    }
    if (known < 2) continue
    for (let cell = start; cell < start + llmCount; cell++) {
      if (Number.isNaN(quality[cell]!)) continue
      for (let j = 0; j < members; j++) centred[j] = predictions[j]![cell]! - rowMeans[j]! / known
      const label = quality[cell]! - labelMean / known
      for (let i = 0; i < members; i++) {
        rhs[i]! += centred[i]! * label
        for (let j = 0; j < members; j++) gram[i * members + j]! += centred[i]! * centred[j]!
      }
    }
  }
  return nonNegativeLeastSquares(gram, rhs).map((weight) => (weight + 1 / members) / 2)
}
