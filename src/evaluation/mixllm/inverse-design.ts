import { RoutingError, requireDimension } from '../../routing/errors.ts'
import { choleskyInPlace, solveCholeskyInPlace } from '../../routing/numeric/cholesky.ts'

/** Rank-1 updates between two exact inversions; rounding grows with each one. */
const updatesPerRefresh = 1000

/**
 * A = I + Σ e eᵀ and its inverse (MixLLM, arXiv:2502.18482, Eq. 14, A⁰ = I; LinUCB, arXiv:1003.0146). A⁻¹ follows by
 * Sherman and Morrison (1950), and is computed anew by Cholesky every 1,000 updates.
 */
export class InverseDesign {
  readonly dimension: number
  /** Row-major, shape [d × d], lower triangle. */
  readonly #design: Float64Array
  /** Row-major, shape [d × d], symmetric, both triangles. */
  readonly #inverse: Float64Array
  readonly #gain: Float64Array
  #updates = 0

  /** A = I. */
  constructor(dimension: number) {
    this.dimension = dimension
    this.#design = identity(dimension)
    this.#inverse = identity(dimension)
    this.#gain = new Float64Array(dimension)
  }

  /** A = I + Σ over the rows, inverted once. @param rows row-major, [n × d]. O(n·d² + d³). */
  static of(rows: Float64Array, dimension: number): InverseDesign {
    const created = new InverseDesign(dimension)
    for (let start = 0; start < rows.length; start += dimension) {
      created.#addToDesign(rows.subarray(start, start + dimension))
    }
    created.#refresh()
    return created
  }

  /** The same A, to be updated on its own. */
  copy(): InverseDesign {
    const copied = new InverseDesign(this.dimension)
    copied.#design.set(this.#design)
    copied.#inverse.set(this.#inverse)
    copied.#updates = this.#updates
    return copied
  }

  /** eᵀA⁻¹e ≥ 0. O(d²), half the products as A⁻¹ is symmetric; no allocation. */
  quadratic(e: Float64Array): number {
    const inverse = this.#inverse
    const d = this.dimension
    let total = 0
    for (let i = 0; i < d; i++) {
      const row = i * d
      let a = 0
      let b = 0
      let j = 0
      for (; j + 1 < i; j += 2) {
        a += inverse[row + j]! * e[j]!
        b += inverse[row + j + 1]! * e[j + 1]!
      }
      if (j < i) a += inverse[row + j]! * e[j]!
      total += e[i]! * (2 * (a + b) + inverse[row + i]! * e[i]!)
    }
    return Math.max(0, total)
  }

  /**
   * A ← A + e eᵀ. O(d²).
   *
   * @returns the gain A⁻¹e under the new A, with which recursive least squares moves its coefficients; valid until the
   *   next update.
   * @throws {RoutingError} `dimension_mismatch`, `not_finite`; an embedding that is refused changes nothing.
   */
  update(e: Float64Array): Float64Array {
    const d = this.dimension
    requireDimension('e', e.length, d)
    if (!e.every(Number.isFinite)) throw new RoutingError('not_finite', 'An embedding must be finite')
    const inverse = this.#inverse
    const gain = this.#gain
    let quadratic = 0
    for (let i = 0; i < d; i++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += inverse[i * d + j]! * e[j]!
      gain[i] = sum
      quadratic += sum * e[i]!
    }
    const scale = 1 / (1 + quadratic)
    for (let i = 0; i < d; i++) {
      const factor = gain[i]! * scale
      for (let j = 0; j < d; j++) inverse[i * d + j]! -= factor * gain[j]!
    }
    for (let i = 0; i < d; i++) gain[i]! *= scale
    this.#addToDesign(e)
    this.#updates++
    if (this.#updates % updatesPerRefresh === 0) this.#refresh()
    return gain
  }

  #addToDesign(e: Float64Array): void {
    const d = this.dimension
    for (let i = 0; i < d; i++) {
      const value = e[i]!
      if (value === 0) continue
      for (let j = 0; j <= i; j++) this.#design[i * d + j]! += value * e[j]!
    }
  }

  #refresh(): void {
    const d = this.dimension
    const factor = this.#design.slice()
    if (!choleskyInPlace(factor, d)) throw new RoutingError('not_finite', 'The design matrix is not positive definite')
    const column = new Float64Array(d)
    for (let j = 0; j < d; j++) {
      column.fill(0)
      column[j] = 1
      solveCholeskyInPlace(factor, d, column)
      for (let i = j; i < d; i++) {
        this.#inverse[i * d + j] = column[i]!
        this.#inverse[j * d + i] = column[i]!
      }
    }
  }
}

function identity(d: number): Float64Array {
  const matrix = new Float64Array(d * d)
  for (let i = 0; i < d; i++) matrix[i * d + i] = 1
  return matrix
}
