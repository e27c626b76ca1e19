import { ResidualRegression } from './residual-regression.ts'

/** k's that are compared. */
export const residualRidges = [1, 5, 20, 50, 200] as const

/** k where nothing was held out to choose it by. */
export const defaultResidualRidge = 20

/** Rows of each LLM that the choice is made on: about what one LLM answers in a stream. */
const comparedRows = 400

/**
 * k of {@link ResidualRegression}: the one that would have predicted the offline residuals, out of fold, with the least squared
 * error, each from those before it. One k for all LLMs, and for cost as for quality.
 *
 * @param embeddings e of the offline rows, row-major [rows × dimension].
 * @param residuals per LLM, recorded quality less what the other folds predicted; shape [rows], NaN unknown.
 */
export function chooseResidualRidge(
  embeddings: Float64Array,
  dimension: number,
  residuals: readonly Float64Array[],
): number {
  if (residuals.length === 0) return defaultResidualRidge
  const errors = residualRidges.map((ridge) =>
    residuals.reduce((sum, of) => sum + prequentialError(embeddings, dimension, of, ridge), 0),
  )
  return residualRidges[errors.indexOf(Math.min(...errors))]!
}

function prequentialError(embeddings: Float64Array, dimension: number, residuals: Float64Array, ridge: number): number {
  const regression = new ResidualRegression(dimension, ridge)
  let error = 0
  let seen = 0
  for (let row = 0; row < residuals.length && seen < comparedRows; row++) {
    if (Number.isNaN(residuals[row]!)) continue
    const e = embeddings.subarray(row * dimension, (row + 1) * dimension)
    error += (residuals[row]! - regression.quality(e)) ** 2
    regression.learn(e, residuals[row]!, Number.NaN)
    seen++
  }
  return error
}
