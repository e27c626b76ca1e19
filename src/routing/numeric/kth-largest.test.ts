import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kthLargest } from './kth-largest.ts'

test('is what sorting puts in that place, whatever is equal', () => {
  const cases = fc.record({
    values: fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, min: -1, max: 1 })), {
      minLength: 1,
      maxLength: 60,
    }),
    place: fc.nat(),
    beyond: fc.array(fc.integer(), { maxLength: 5 }),
  })
  fc.assert(
    fc.property(cases, ({ values, place, beyond }) => {
      const k = 1 + (place % values.length)
      const expected = values.toSorted((a, b) => b - a)[k - 1]!
      // Adding 0 makes −0 and 0 one.
      expect(kthLargest(Float32Array.from([...values, ...beyond]), values.length, k) + 0).toBe(expected + 0)
    }),
  )
})
