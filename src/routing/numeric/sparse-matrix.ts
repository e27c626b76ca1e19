/** A sparse matrix in compressed rows (CSR). */
export interface SparseMatrix {
  readonly rowCount: number
  readonly columnCount: number
  /** Shape [rowCount + 1]: row i's entries lie at rowStarts[i] … rowStarts[i + 1] − 1. */
  readonly rowStarts: Int32Array
  readonly columns: Int32Array
  readonly values: Float32Array
}

/** Y = A·X. Dense, row-major: `x` is [columnCount × k], `y` receives [rowCount × k]. O(entries · k). */
export function multiplySparse(a: SparseMatrix, x: Float64Array, y: Float64Array, k: number): void {
  y.fill(0, 0, a.rowCount * k)
  for (let row = 0; row < a.rowCount; row++) {
    const target = row * k
    const end = a.rowStarts[row + 1]!
    for (let entry = a.rowStarts[row]!; entry < end; entry++) {
      const value = a.values[entry]!
      const source = a.columns[entry]! * k
      for (let j = 0; j < k; j++) y[target + j]! += value * x[source + j]!
    }
  }
}

/** Y = Aᵀ·X. Dense, row-major: `x` is [rowCount × k], `y` receives [columnCount × k]. O(entries · k). */
export function multiplySparseTransposed(a: SparseMatrix, x: Float64Array, y: Float64Array, k: number): void {
  y.fill(0, 0, a.columnCount * k)
  for (let row = 0; row < a.rowCount; row++) {
    const source = row * k
    const end = a.rowStarts[row + 1]!
    for (let entry = a.rowStarts[row]!; entry < end; entry++) {
      const value = a.values[entry]!
      const target = a.columns[entry]! * k
      for (let j = 0; j < k; j++) y[target + j]! += value * x[source + j]!
    }
  }
}
