import { expect, test } from 'vitest'
import { nextNormal, SeededRandom } from '../routing/numeric/random-source.ts'
import { embeddingGroups } from './embedding-groups.ts'

const d = 64

function unit(values: readonly number[]): number[] {
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

test('joins what nearly coincides and what shares a key, and nothing else', () => {
  const random = new SeededRandom(2)
  const draw = () => unit(Array.from({ length: d }, () => nextNormal(random)))
  const near = (to: readonly number[]) => unit(to.map((value) => value + 0.01 * nextNormal(random)))
  const originals = Array.from({ length: 200 }, draw)
  const rows = [...originals, ...originals.map(near)]
  const keys = rows.map((_, row) => (row < 2 ? 'one conversation' : undefined))
  const groups = embeddingGroups(Float32Array.from(rows.flat()), rows.length, keys)
  expect(groups[1]).toBe(groups[0])
  let joined = 0
  for (let row = 0; row < 200; row++) joined += Number(groups[row] === groups[200 + row])
  expect(joined).toBeGreaterThanOrEqual(196)
  expect(new Set(groups).size).toBeLessThanOrEqual(199 + (200 - joined))
  expect(new Set(groups).size).toBeGreaterThanOrEqual(199)
})

test('no rows, no groups', () => {
  expect([...embeddingGroups(new Float32Array(0), 0, [])]).toEqual([])
})
