import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NearestRows } from './nearest-rows.ts'

describe('NearestRows', () => {
  it('finds what sorting everything finds, the earlier of equals', () => {
    const d = 21
    const cases = fc.record({
      // Small integers make every dot product exact, so that ties are ties in any order of addition.
      rows: fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: d, maxLength: d }), { maxLength: 60 }),
      query: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: d, maxLength: d }),
      k: fc.integer({ min: 1, max: 12 }),
    })
    fc.assert(
      fc.property(cases, ({ rows, query, k }) => {
        const search = new NearestRows(Float32Array.from(rows.flat()), d, k)
        search.search(Float32Array.from(query))
        const similarity = rows.map((row) => row.reduce((sum, value, j) => sum + value * query[j]!, 0))
        const order = rows.map((_, row) => row).sort((a, b) => similarity[b]! - similarity[a]! || a - b)
        const expected = order.slice(0, k).sort((a, b) => a - b)
        expect([...search.found.subarray(0, search.count)].sort((a, b) => a - b)).toEqual(expected)
      }),
    )
  })

  it('forgets the previous query', () => {
    const search = new NearestRows(Float32Array.from([1, 0, 0, 1]), 2, 1)
    search.search(Float32Array.from([1, 0]))
    expect([search.count, search.found[0]]).toEqual([1, 0])
    search.search(Float32Array.from([0, 1]))
    expect([search.count, search.found[0]]).toEqual([1, 1])
  })
})
