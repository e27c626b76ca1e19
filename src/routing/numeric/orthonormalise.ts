import type { WorkSteps } from './work-steps.ts'

/** A column whose norm falls below this share of its first norm lies in the span of those before it. */
const dependentColumnRatio = 1e-10

/**
 * Makes the columns of a tall matrix orthonormal in place, by modified Gram–Schmidt run twice ("twice is enough":
 * Giraud, Langou and Rozložník 2005). The column space is kept; a column that depends on earlier ones becomes zero.
 *
 * Each step walks whole rows, so that a row-major matrix is read in the order it lies in memory.
 *
 * @param y row-major, shape [n × k], finite. O(nk²), in 2k steps.
 */
export function* orthonormaliseColumns(y: Float64Array, n: number, k: number): WorkSteps<void> {
  const firstNorms = columnNorms(y, n, k)
  const products = new Float64Array(k)
  for (let pass = 0; pass < 2; pass++) {
    for (let column = 0; column < k; column++) {
      columnProducts(y, n, k, column, products)
      const norm = Math.sqrt(products[column]!)
      const independent = norm > dependentColumnRatio * (pass === 0 ? firstNorms[column]! : 1)
      eliminateColumn(y, n, k, column, independent ? 1 / norm : 0, products)
      yield
    }
  }
}

function columnNorms(y: Float64Array, n: number, k: number): Float64Array {
  const norms = new Float64Array(k)
  for (let row = 0; row < n; row++) for (let j = 0; j < k; j++) norms[j]! += y[row * k + j]! * y[row * k + j]!
  return norms.map(Math.sqrt)
}

/** products[j] = y_columnᵀ·y_j for j ≥ column. */
function columnProducts(y: Float64Array, n: number, k: number, column: number, products: Float64Array): void {
  products.fill(0)
  for (let row = 0; row < n; row++) {
    const start = row * k
    const factor = y[start + column]!
    if (factor === 0) continue
    for (let j = column; j < k; j++) products[j]! += factor * y[start + j]!
  }
}

/** Scales one column by `scale` and takes its share out of all later ones. */
function eliminateColumn(
  y: Float64Array,
  n: number,
  k: number,
  column: number,
  scale: number,
  products: Float64Array,
): void {
  for (let row = 0; row < n; row++) {
    const start = row * k
    const entry = y[start + column]! * scale
    y[start + column] = entry
    if (entry === 0) continue
    for (let j = column + 1; j < k; j++) y[start + j]! -= entry * products[j]! * scale
  }
}
