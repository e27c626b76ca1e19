import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QuantisedProjection } from './quantised-projection.ts'

test('sums weighted rows, each at its scale', () => {
  const entries = Int8Array.from({ length: 3 * 8 }, (_, i) => (i < 8 ? i : i < 16 ? 100 : -127))
  const projection = new QuantisedProjection(entries, Float32Array.of(0.5, 9, 0.25), 8)
  const embedding = new Float64Array(8).fill(99)
  projection.project(Uint16Array.of(2, 0, 1), Float64Array.of(4, 2, 1), 2, embedding)
  expect([...embedding]).toEqual([-127, -126, -125, -124, -123, -122, -121, -120])
})

// Scales are 32-bit floats: what lies below their smallest normal number may vanish.
const smallestScale = 2 ** -126

test('quantising moves no entry by more than half a step of its row', () => {
  const matrices = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(matrices, (numbers) => {
      const { entries, scales } = QuantisedProjection.quantise(Float64Array.from(numbers), 2, 8)
      numbers.forEach((entry, i) => {
        const scale = scales[i >> 3]!
        expect(Math.abs(entries[i]! * scale - entry)).toBeLessThanOrEqual(scale * 0.5001 + smallestScale * 127)
      })
    }),
    { seed: 1 },
  )
})

test('a row of zeros stays zero', () => {
  const { entries, scales } = QuantisedProjection.quantise(new Float64Array(8), 1, 8)
  expect([...entries, ...scales].every((entry) => entry === 0)).toBe(true)
})
