import { selectMatrixRows } from '../../routing/numeric/matrix.ts'
import {
  type ChooseOptions,
  chooseRegressor,
  fitRegressor,
  type NeighbourSearches,
  ofRows,
} from './choose-regressor.ts'
import type { RegressionProblem, RegressorCandidate, RegressorKind, ScalarRegressor } from './scalar-regressor.ts'

/** Fewer known amounts than this, and their mean is all there is. */
export const fewestAmounts = 20

/** The kinds that the paper chooses from for lengths; their settings are ours. */
const candidates: readonly RegressorCandidate[] = [{ kind: 'forest', leaf: 20 }, { kind: 'mlp' }, { kind: 'knn' }]

/**
 * A positive amount, tokens or USD, regressed as log(offset + amount) by the kind that does best out of fold. The mean on
 * the way back takes Duan's smearing factor (1983), the mean of exp(residual) out of fold. MixLLM (arXiv:2502.18482) says
 * nothing of the scale; lengths are far from normal, and the logarithm is ours.
 */
export class AmountModel {
  /** Undefined where the mean is all there is. */
  readonly kind: RegressorKind | undefined
  readonly #regressor: ScalarRegressor
  readonly #offset: number
  readonly #smearing: number
  /** Range of the logarithms in training, beyond which nothing is extrapolated. */
  readonly #low: number
  readonly #high: number
  /** What is predicted where nothing was regressed; NaN when nothing is known. */
  readonly #mean: number

  private constructor(fields: {
    readonly kind: RegressorKind | undefined
    readonly regressor: ScalarRegressor
    readonly offset: number
    readonly smearing: number
    readonly low: number
    readonly high: number
    readonly mean: number
  }) {
    this.kind = fields.kind
    this.#regressor = fields.regressor
    this.#offset = fields.offset
    this.#smearing = fields.smearing
    this.#low = fields.low
    this.#high = fields.high
    this.#mean = fields.mean
  }

  /**
   * @param x e_n of each row, row-major [rows × d]. @param amounts shape [rows]; NaN unknown, never negative.
   * @param offset 1 for tokens, 0 for bills: then amounts of 0 count for the mean only.
   */
  static fit(
    x: Float64Array,
    d: number,
    amounts: Float64Array,
    offset: number,
    options: ChooseOptions,
    searches: NeighbourSearches,
  ): AmountModel {
    const known = Array.from(amounts, (_, row) => row).filter((row) => !Number.isNaN(amounts[row]!))
    const mean = known.reduce((sum, row) => sum + amounts[row]!, 0) / known.length
    const rows = known.filter((row) => offset + amounts[row]! > 0)
    if (rows.length < fewestAmounts) return AmountModel.#constant(mean)
    const problem = logProblem(x, d, amounts, offset, rows)
    const key = rows.length === amounts.length ? 'all' : rows.join()
    const chosen = chooseRegressor(candidates, problem, ofRows(options, rows), searches, key)
    let smearing = 0
    problem.y.forEach((log, i) => {
      smearing += Math.exp(log - chosen.outOfFold[i]!) / problem.y.length
    })
    return new AmountModel({
      kind: chosen.candidate.kind,
      regressor: fitRegressor(chosen.candidate, problem, options, () => searches.of(key, problem)),
      offset,
      smearing,
      low: problem.y.reduce((low, log) => Math.min(low, log), Number.POSITIVE_INFINITY),
      high: problem.y.reduce((high, log) => Math.max(high, log), Number.NEGATIVE_INFINITY),
      mean,
    })
  }

  static #constant(mean: number): AmountModel {
    const regressor = { predict: () => 0 }
    return new AmountModel({ kind: undefined, regressor, offset: 0, smearing: 1, low: 0, high: 0, mean })
  }

  /** NaN when no amount was known. */
  predict(embedding: Float64Array): number {
    if (this.kind === undefined) return this.#mean
    const log = Math.min(this.#high, Math.max(this.#low, this.#regressor.predict(embedding)))
    return Math.max(0, Math.exp(log) * this.#smearing - this.#offset)
  }
}

function logProblem(
  x: Float64Array,
  d: number,
  amounts: Float64Array,
  offset: number,
  rows: readonly number[],
): RegressionProblem {
  return {
    x: selectMatrixRows(x, rows, d),
    d,
    y: Float64Array.from(rows, (row) => Math.log(offset + amounts[row]!)),
    range: 'real',
  }
}
