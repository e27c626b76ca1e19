import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import { choleskyInPlace, solveCholeskyInPlace } from '../routing/numeric/cholesky.ts'
import { DesignVector } from '../routing/prediction/design-vector.ts'
import type { RidgeSetting } from './choose-ridge-penalty.ts'

/**
 * Fitted values of a ridge regression with an unpenalised intercept, H·y, for any number of y over the same rows: the factorisation is paid
 * once, O(n·d²), each y O(n·d).
 */
export class RidgeSmoother {
  readonly #x: Float64Array
  readonly #factor: Float64Array
  readonly #rows: number
  readonly #d: number

  /** @param contexts at least one. */
  constructor(contexts: readonly RoutingContext[], { penalty, interactions }: RidgeSetting) {
    const design = DesignVector.fit(contexts, interactions)
    this.#rows = contexts.length
    this.#d = design.dimension
    this.#x = centred(design.matrix(contexts), this.#rows, this.#d)
    this.#factor = factorOf(this.#x, this.#rows, this.#d, penalty)
  }

  /**
   * @param cells row-major [rows × width], all finite. @param out receives the fitted values, shaped like `cells`, which it may be.
   * @param column which.
   */
  smooth(cells: Float64Array, out: Float64Array, width: number, column: number): void {
    const d = this.#d
    const x = this.#x
    let mean = 0
    for (let cell = column; cell < cells.length; cell += width) mean += cells[cell]! / this.#rows
    const slopes = new Float64Array(d)
    for (let row = 0; row < this.#rows; row++) {
      const value = cells[row * width + column]! - mean
      for (let j = 0; j < d; j++) slopes[j]! += value * x[row * d + j]!
    }
    solveCholeskyInPlace(this.#factor, d, slopes)
    for (let row = 0; row < this.#rows; row++) {
      let sum = mean
      for (let j = 0; j < d; j++) sum += slopes[j]! * x[row * d + j]!
      out[row * width + column] = sum
    }
  }
}

/** In place, each column less its mean. */
function centred(x: Float64Array, rows: number, d: number): Float64Array {
  const center = new Float64Array(d)
  for (let row = 0; row < rows; row++) for (let j = 0; j < d; j++) center[j]! += x[row * d + j]! / rows
  for (let row = 0; row < rows; row++) for (let j = 0; j < d; j++) x[row * d + j]! -= center[j]!
  return x
}

/** Of XᵀX + αI. */
function factorOf(x: Float64Array, rows: number, d: number, penalty: number): Float64Array {
  const factor = new Float64Array(d * d)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < d; i++) {
      const value = x[row * d + i]!
      for (let j = 0; j <= i; j++) factor[i * d + j]! += value * x[row * d + j]!
    }
  }
  for (let i = 0; i < d; i++) factor[i * d + i]! += penalty
  choleskyInPlace(factor, d)
  return factor
}
