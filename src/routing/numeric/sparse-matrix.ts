/** A sparse matrix in compressed rows (CSR). */
export interface SparseMatrix {
  readonly rowCount: number
  readonly columnCount: number
  /** Shape [rowCount + 1]: row i's entries lie at rowStarts[i] … rowStarts[i + 1] − 1. */
  readonly rowStarts: Int32Array
  readonly columns: Int32Array
  readonly values: Float32Array
}

/** A range of rows, from `first` up to but not including `end`. */
export interface RowRange {
  readonly first: number
  readonly end: number
}

/**
 * Y = A·X, in the rows of the range only. Dense, row-major: `x` is [columnCount × k], `y` receives its rows of
 * [rowCount × k]. O(entries · k).
 */
export function multiplySparseRows(a: SparseMatrix, x: Float64Array, y: Float64Array, k: number, rows: RowRange): void {
  y.fill(0, rows.first * k, rows.end * k)
  for (let row = rows.first; row < rows.end; row++) {
    const target = row * k
    const end = a.rowStarts[row + 1]!
    for (let entry = a.rowStarts[row]!; entry < end; entry++) {
      const value = a.values[entry]!
      const source = a.columns[entry]! * k
      for (let j = 0; j < k; j++) y[target + j]! += value * x[source + j]!
    }
  }
}

/**
 * Y ← Y + AᵀX, with the rows of the range only. Dense, row-major: `x` is [rowCount × k], `y` is [columnCount × k].
 * O(entries · k).
 */
export function addSparseRowsTransposed(
  a: SparseMatrix,
  x: Float64Array,
  y: Float64Array,
  k: number,
  rows: RowRange,
): void {
  for (let row = rows.first; row < rows.end; row++) {
    const source = row * k
    const end = a.rowStarts[row + 1]!
    for (let entry = a.rowStarts[row]!; entry < end; entry++) {
      const value = a.values[entry]!
      const target = a.columns[entry]! * k
      for (let j = 0; j < k; j++) y[target + j]! += value * x[source + j]!
    }
  }
}

/** All rows in order, in ranges of about `entries` entries each; a row is never divided. */
export function rowRanges(a: SparseMatrix, entries: number): RowRange[] {
  const ranges: RowRange[] = []
  let first = 0
  for (let end = 1; end <= a.rowCount; end++) {
    if (end < a.rowCount && a.rowStarts[end]! - a.rowStarts[first]! < entries) continue
    ranges.push({ first, end })
    first = end
  }
  return ranges
}
