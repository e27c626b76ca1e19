import { describe, expect, it } from 'vitest'
import { sampleDecision } from '../__fixtures__/sample-records.ts'
import { encodeDecision } from '../decision-row.ts'
import { clonedBytes } from './cloned-bytes.ts'

describe('clonedBytes', () => {
  it.each([
    [8, 5],
    [8, null],
    [8, undefined],
    [14, 'abc'],
    [8 + 100, new Uint8Array(1000).subarray(0, 100)],
    [8 + 8 * 3, Float64Array.of(1, 2, 3)],
    [8 + (8 + 8) + 10, [[1], 'x']],
    [8 + 8 + 12, { a: 1, b: 'xy' }],
  ])('takes %d bytes for %j', (bytes, value) => {
    expect(clonedBytes(value)).toBe(bytes)
  })

  it('counts the vectors of a decision, and little else', () => {
    const vectors = 4 * (64 + 20) + 8 * 12 * 11
    const bytes = clonedBytes(encodeDecision(sampleDecision('d1'), 1))
    expect(bytes).toBeGreaterThan(vectors)
    expect(bytes).toBeLessThan(vectors + 2500)
  })
})
