import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isQuery, type SqlCell } from './run-sql.ts'
import { isSameRows } from './same-rows.ts'

const cell = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ maxLength: 2 }),
  fc.record({ blob: fc.constantFrom('AA==', 'AQ==') }),
)
const rows = fc.array(fc.tuple(cell, cell), { maxLength: 8 })

describe('isSameRows', () => {
  it('takes rows in any order for the same, unless the order counts', () => {
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat()), (a, order) => {
        const keyed = a.map((row) => ({ row, key: order.next().value }))
        const b = keyed.sort((x, y) => x.key - y.key).map(({ row }) => row)
        expect(isSameRows(a, b, false)).toBe(true)
        expect(isSameRows(a, a, true)).toBe(true)
      }),
    )
  })

  it('is symmetric', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        expect(isSameRows(a, b, false)).toBe(isSameRows(b, a, false))
      }),
    )
  })

  const cases: readonly (readonly [string, SqlCell[][], SqlCell[][], boolean])[] = [
    ['nothing and nothing', [], [], true],
    ['a row more', [[1]], [[1], [1]], false],
    ['other counts of the same rows', [[1], [1], [2]], [[1], [2], [2]], false],
    ['whole and real', [[2]], [[2.0000000001]], true],
    ['text and number', [['2']], [[2]], false],
    ['NULL and nothing', [[null]], [['']], false],
    ['NULL and zero', [[null]], [[0]], false],
    ['columns in another order', [[1, 2]], [[2, 1]], false],
    ['a column more', [[1]], [[1, 2]], false],
    [
      'sums that differ in their last digits',
      [
        [0.1 + 0.2, 'b'],
        [0.3, 'a'],
      ],
      [
        [0.3, 'b'],
        [0.1 + 0.2, 'a'],
      ],
      true,
    ],
    ['case of letters', [['Rome']], [['rome']], false],
  ]
  it.each(cases)('%s', (_, a, b, same) => {
    expect(isSameRows(a, b, false)).toBe(same)
  })
})

describe('isQuery', () => {
  it.each([
    'SELECT 1',
    ' select 1',
    '-- a\nSELECT 1',
    '/* x */ WITH a AS (SELECT 1) SELECT 1',
    'VALUES (1)',
    '(SELECT 1)',
  ])('%j', (sql) => {
    expect(isQuery(sql)).toBe(!sql.startsWith('('))
  })
  it.each(['', 'ATTACH x', ';SELECT 1', '/* SELECT', 'selection', 'EXPLAIN SELECT 1', 'PRAGMA x', '-- SELECT 1'])(
    'not %j',
    (sql) => {
      expect(isQuery(sql)).toBe(false)
    },
  )
})
