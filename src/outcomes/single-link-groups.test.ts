import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import type { SparseMatrix } from '../routing/numeric/sparse-matrix.ts'
import { singleLinkGroups } from './single-link-groups.ts'

/** Rows given densely, each scaled to norm 1; zero cells are no entries. */
function sparse(dense: readonly (readonly number[])[]): SparseMatrix {
  const rowStarts = new Int32Array(dense.length + 1)
  const columns: number[] = []
  const values: number[] = []
  dense.forEach((row, index) => {
    const norm = Math.hypot(...row)
    row.forEach((value, column) => {
      if (value === 0) return
      columns.push(column)
      values.push(value / norm)
    })
    rowStarts[index + 1] = columns.length
  })
  return {
    rowCount: dense.length,
    columnCount: dense[0]?.length ?? 0,
    rowStarts,
    columns: Int32Array.from(columns),
    values: Float32Array.from(values),
  }
}

/** Every pair, and relabelling until nothing changes. */
function bruteForce(rows: SparseMatrix, threshold: number): number[] {
  const dense = Array.from({ length: rows.rowCount }, (_, row) => {
    const cells = new Float64Array(rows.columnCount)
    for (let entry = rows.rowStarts[row]!; entry < rows.rowStarts[row + 1]!; entry++) {
      cells[rows.columns[entry]!] = rows.values[entry]!
    }
    return cells
  })
  const first = dense.map((_, row) => row)
  for (let changed = true; changed; ) {
    changed = false
    for (let a = 0; a < dense.length; a++) {
      for (let b = 0; b < a; b++) {
        const cosine = dense[a]!.reduce((sum, value, i) => sum + value * dense[b]![i]!, 0)
        if (cosine <= threshold || first[a] === first[b]) continue
        first[a] = first[b] = Math.min(first[a]!, first[b]!)
        changed = true
      }
    }
  }
  return first
}

describe('singleLinkGroups', () => {
  it('joins at a cosine of .81 and not at .79', () => {
    const at = (cosine: number) => [
      [1, 0],
      [cosine, Math.sqrt(1 - cosine * cosine)],
    ]
    expect([...singleLinkGroups(sparse(at(0.81)), 0.8)]).toEqual([0, 0])
    expect([...singleLinkGroups(sparse(at(0.79)), 0.8)]).toEqual([0, 1])
  })

  it('joins through a third row, and a later row joins earlier groups', () => {
    const turned = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
    // cos 30° = .87 joins, cos 60° = .5 does not.
    expect([...singleLinkGroups(sparse([turned(10), turned(70), turned(40)]), 0.8)]).toEqual([0, 0, 0])
  })

  it('leaves rows without entries alone', () => {
    expect([
      ...singleLinkGroups(
        sparse([
          [0, 0],
          [0, 0],
          [1, 0],
        ]),
        0.8,
      ),
    ]).toEqual([0, 1, 2])
    expect([...singleLinkGroups(sparse([]), 0.8)]).toEqual([])
  })

  it('finds what looking at every pair finds', () => {
    const row = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 5), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 25 }),
        fc.double({ min: 0.3, max: 0.97, noNaN: true }),
        (rows, threshold) => {
          const matrix = sparse(rows)
          expect([...singleLinkGroups(matrix, threshold)]).toEqual(bruteForce(matrix, threshold))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('finds the same on longer rows, where most pairs are given up early', () => {
    const random = new SeededRandom(5)
    const base = Array.from({ length: 12 }, () =>
      Array.from({ length: 300 }, () => (random.next() < 0.3 ? random.next() : 0)),
    )
    const rows = base.flatMap((row) =>
      [0.2, 0.7, 1.4].map((noise) => row.map((value) => value + (random.next() < 0.1 ? noise * random.next() : 0))),
    )
    const matrix = sparse(rows)
    const expected = bruteForce(matrix, 0.9)
    expect(new Set(expected).size).toBeGreaterThan(12)
    expect(new Set(expected).size).toBeLessThan(36)
    expect([...singleLinkGroups(matrix, 0.9)]).toEqual(expected)
  })
})
