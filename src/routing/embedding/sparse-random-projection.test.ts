import { expect, test } from 'vitest'
import { SeededRandom } from '../numeric/random-source.ts'
import { SparseRandomProjection } from './sparse-random-projection.ts'

function rowOf(projection: SparseRandomProjection, row: number): Float64Array {
  const embedding = new Float64Array(projection.dimension).fill(99)
  projection.project(Uint16Array.of(row), Float64Array.of(1), 1, embedding)
  return embedding
}

test.each([8, 64, 200, 512])(
  'd = %i: a row has one ±1 in each of eight parts, and every position is used',
  (dimension) => {
    const projection = new SparseRandomProjection(dimension)
    const used = new Set<number>()
    const part = dimension / 8
    let sum = 0
    let otherwise = 0
    for (let row = 0; row < 4000; row++) {
      const entries = rowOf(projection, row)
      for (let k = 0; k < 8; k++) {
        const nonZero = entries.subarray(k * part, (k + 1) * part).filter((entry) => entry !== 0)
        if (nonZero.length !== 1 || Math.abs(nonZero[0]!) !== 1) otherwise++
      }
      entries.forEach((entry, position) => {
        if (entry !== 0) used.add(position)
        sum += entry
      })
    }
    expect(otherwise).toBe(0)
    expect(used.size).toBe(dimension)
    // 32,000 fair signs: one standard deviation is 179.
    expect(Math.abs(sum)).toBeLessThan(4 * 179)
  },
)

test('keeps inner products on average, with a spread of about 1/√d', () => {
  const random = new SeededRandom(3)
  const projection = new SparseRandomProjection(64)
  const size = 200
  const errors: number[] = []
  for (let trial = 0; trial < 400; trial++) {
    const shared = Uint16Array.from({ length: size }, () => Math.floor(random.next() * 32768))
    const other = shared.map((row, i) => (i < size / 2 ? row : Math.floor(random.next() * 32768)))
    const weights = new Float64Array(size).fill(1 / Math.sqrt(size))
    const [a, b] = [new Float64Array(64), new Float64Array(64)]
    projection.project(shared, weights, size, a)
    projection.project(other, weights, size, b)
    errors.push(a.reduce((sum, entry, i) => sum + entry * b[i]!, 0) / 8 - 0.5)
  }
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
  const spread = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(spread).toBeLessThan(0.2)
})
