import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type EndLabel, placeLabels, shortName } from './end-labels.ts'

function labelsAt(places: readonly number[]): EndLabel[] {
  return places.map((y, index) => ({ text: `label ${index}`, color: 'black', x: 0, y, className: 's' }))
}

test('labels with room stay where they are', () => {
  expect(placeLabels(labelsAt([40, 10, 80]), 13, 0, 200).map((label) => label.placedY)).toEqual([10, 40, 80])
})

test('labels at one place spread around it', () => {
  expect(placeLabels(labelsAt([100, 100, 100]), 10, 0, 200).map((label) => label.placedY)).toEqual([90, 100, 110])
})

test('labels never overlap, keep their order and stay inside where there is room', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 30 }), (places) => {
      const placed = placeLabels(labelsAt(places), 13, 0, 400)
      for (const [index, label] of placed.entries()) {
        expect(label.placedY).toBeGreaterThanOrEqual(-1e-9)
        expect(label.placedY).toBeLessThanOrEqual(400 + 1e-9)
        const before = placed[index - 1]
        if (before === undefined) continue
        expect(label.placedY - before.placedY).toBeGreaterThanOrEqual(13 - 1e-9)
        expect(label.y).toBeGreaterThanOrEqual(before.y)
      }
    }),
  )
})

test('long names are cut to their place', () => {
  expect(shortName('abcdef', 6)).toBe('abcdef')
  expect(shortName('abcdefg', 6)).toBe('abcde…')
})
