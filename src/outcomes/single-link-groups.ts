import type { SparseMatrix } from '../routing/numeric/sparse-matrix.ts'

/** Keeps the rounding of 32-bit values from dropping a pair before its product is known in full. */
const slack = 1e-6

/** How many entries are multiplied between two looks at whether the pair can still reach the threshold. */
const entriesPerCheck = 16

/**
 * Joins the rows whose cosine is above a threshold, and what is joined to them (single link). Exact: an inverted index
 * with prefix filtering (Bayardo, Ma, Srikant 2007), where prefixes are bounded by their L2 norms (Anastasiu, Karypis
 * 2014): a pair whose products up to column c are all there is reaches ‖x up to c‖·‖y up to c‖ at most. Pairs that are
 * already joined are not looked at again.
 *
 * @param rows of L2 norm 1, or 0 for rows that nothing is like; columns ascending within a row. Any numbering of the
 *   columns is right; it is fast where the columns that most rows share come first.
 * @param threshold (0, 1]
 * @returns the first row of each row's group, shape [rowCount].
 */
export function singleLinkGroups(rows: SparseMatrix, threshold: number): Int32Array {
  const { rowCount, rowStarts, columns, values } = rows
  const squares = prefixSquares(rows)
  const index = new ColumnIndex(rows, squares, threshold)
  const parents = Int32Array.from({ length: rowCount }, (_, row) => row)
  const dense = new Float64Array(rows.columnCount)
  const lastSeenBy = new Int32Array(rowCount).fill(-1)
  const bound = (threshold - slack) ** 2
  for (let row = 0; row < rowCount; row++) {
    const start = rowStarts[row]!
    const end = rowStarts[row + 1]!
    for (let entry = start; entry < end; entry++) dense[columns[entry]!] = values[entry]!
    const first = index.firstEntries[row]!
    for (let entry = end - 1; entry >= first; entry--) {
      const column = columns[entry]!
      for (let place = index.starts[column]!; place < index.ends[column]!; place++) {
        const otherEntry = index.entries[place]!
        const other = index.rows[place]!
        if (lastSeenBy[other] === row) continue
        // Met for the first time at the last column that both have: nothing beyond it adds to their product.
        lastSeenBy[other] = row
        if (squares[entry]! * squares[otherEntry]! < bound) continue
        const root = rootOf(parents, row)
        const otherRoot = rootOf(parents, other)
        if (root === otherRoot || !isAbove(rows, squares, rowStarts[other]!, otherEntry, dense, threshold)) continue
        parents[Math.max(root, otherRoot)] = Math.min(root, otherRoot)
      }
    }
    index.add(row)
    for (let entry = start; entry < end; entry++) dense[columns[entry]!] = 0
  }
  return parents.map((_, row) => rootOf(parents, row))
}

/** By entry: the squared norm of its row up to and with it. */
function prefixSquares({ rowCount, rowStarts, values }: SparseMatrix): Float32Array {
  const squares = new Float32Array(values.length)
  for (let row = 0; row < rowCount; row++) {
    let sum = 0
    for (let entry = rowStarts[row]!; entry < rowStarts[row + 1]!; entry++) {
      sum += values[entry]! ** 2
      squares[entry] = sum
    }
  }
  return squares
}

/**
 * The rows that have each column among their later entries. Entries before ‖prefix‖ reaches the threshold are left out:
 * with one of norm 1 they cannot make a pair alone.
 */
class ColumnIndex {
  /** The first indexed entry of each row. */
  readonly firstEntries: Int32Array
  /**
   * Places of a column: from its start up to its end, which moves as rows are added. Shape [columns + 1], [columns].
   */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** By place. */
  readonly rows: Int32Array
  readonly entries: Int32Array
  readonly #matrix: SparseMatrix

  constructor(matrix: SparseMatrix, squares: Float32Array, threshold: number) {
    const { rowCount, rowStarts, columns, columnCount } = matrix
    this.#matrix = matrix
    this.starts = new Int32Array(columnCount + 1)
    const bound = (threshold - slack) ** 2
    this.firstEntries = Int32Array.from({ length: rowCount }, (_, row) => {
      let entry = rowStarts[row]!
      while (entry < rowStarts[row + 1]! && squares[entry]! < bound) entry++
      return entry
    })
    for (let row = 0; row < rowCount; row++) {
      for (let entry = this.firstEntries[row]!; entry < rowStarts[row + 1]!; entry++)
        this.starts[columns[entry]! + 1]!++
    }
    for (let column = 0; column < columnCount; column++) this.starts[column + 1]! += this.starts[column]!
    this.ends = this.starts.slice(0, -1)
    this.rows = new Int32Array(this.starts[columnCount]!)
    this.entries = new Int32Array(this.rows.length)
  }

  add(row: number): void {
    const { rowStarts, columns } = this.#matrix
    for (let entry = this.firstEntries[row]!; entry < rowStarts[row + 1]!; entry++) {
      const place = this.ends[columns[entry]!]!++
      this.rows[place] = row
      this.entries[place] = entry
    }
  }
}

/**
 * Whether a row's entries from `start` to `last`, times a dense row of norm 1, come above the threshold; gives up once
 * the rest cannot lift the product there.
 */
function isAbove(
  { columns, values }: SparseMatrix,
  squares: Float32Array,
  start: number,
  last: number,
  dense: Float64Array,
  threshold: number,
): boolean {
  let product = 0
  let untilCheck = entriesPerCheck
  for (let entry = last; entry >= start; entry--) {
    if (untilCheck-- === 0) {
      if (product + Math.sqrt(squares[entry]!) < threshold - slack) return false
      untilCheck = entriesPerCheck
    }
    product += values[entry]! * dense[columns[entry]!]!
  }
  return product > threshold
}

/** Halves the path on the way. */
function rootOf(parents: Int32Array, row: number): number {
  let at = row
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]!]!
    at = parents[at]!
  }
  return at
}
