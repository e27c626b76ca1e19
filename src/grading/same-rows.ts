import type { SqlCell, SqlRows } from './run-sql.ts'

/** Sums of floating-point numbers hang on their order by about this much. */
const relativeTolerance = 1e-6
const absoluteTolerance = 1e-9

/**
 * Whether two results say the same: as many columns, the same rows (as a multiset, or in order), cell by cell. Numbers with a tolerance,
 * whole and real alike; NULL is NULL; text and blobs exactly. Names of columns do not count, their order does.
 */
export function isSameRows(a: SqlRows, b: SqlRows, ordered: boolean): boolean {
  if (a.length !== b.length) return false
  if (a.length > 0 && a[0]!.length !== b[0]!.length) return false
  if (ordered) return a.every((row, i) => isSameRow(row, b[i]!))
  const left = a.toSorted(compareRows)
  const right = b.toSorted(compareRows)
  if (left.every((row, i) => isSameRow(row, right[i]!))) return true
  return matchRows(left, right)
}

/**
 * Tolerance is no order: nearly equal numbers in one column may sort rows apart by another. So each row that does not meet its
 * neighbour looks for one of its own, first come first served: among rows as near as the tolerance it does not matter whose.
 */
function matchRows(left: SqlRows, right: SqlRows): boolean {
  const free = [...right]
  return left.every((row) => {
    const found = free.findIndex((other) => isSameRow(row, other))
    if (found === -1) return false
    free.splice(found, 1)
    return true
  })
}

function isSameRow(a: readonly SqlCell[], b: readonly SqlCell[]): boolean {
  return a.length === b.length && a.every((cell, i) => isSameCell(cell, b[i]!))
}

function isSameCell(a: SqlCell, b: SqlCell): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    const scale = Math.max(Math.abs(a), Math.abs(b))
    return Math.abs(a - b) <= Math.max(absoluteTolerance, relativeTolerance * scale)
  }
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  return a === b || sortKey(a) === sortKey(b)
}

function compareRows(a: readonly SqlCell[], b: readonly SqlCell[]): number {
  for (const [i, cell] of a.entries()) {
    const order = compareCells(cell, b[i] ?? null)
    if (order !== 0) return order
  }
  return 0
}

function compareCells(a: SqlCell, b: SqlCell): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [sortKey(a), sortKey(b)]
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Distinct for distinct values of distinct types. */
function sortKey(cell: SqlCell): string {
  return cell === null ? '' : `${typeof cell} ${JSON.stringify(cell)}`
}
