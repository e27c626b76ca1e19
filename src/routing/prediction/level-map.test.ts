import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LevelMap } from './level-map.ts'

describe('LevelMap', () => {
  it('interpolates between bins and is flat outside', () => {
    const map = LevelMap.fit(Float64Array.from([0.8, 0.2]), Float64Array.from([0.9, 0.5]))
    expect(map.level(0)).toBe(0.5)
    expect(map.level(0.2)).toBe(0.5)
    expect(map.level(0.5)).toBeCloseTo(0.7, 12)
    expect(map.level(0.8)).toBe(0.9)
    expect(map.level(1)).toBe(0.9)
  })

  it('pools equal predictions and leaves unknown labels out', () => {
    const predicted = Float64Array.from([0.5, 0.5, 0.7, 0.1])
    const map = LevelMap.fit(predicted, Float64Array.from([0, 1, 0.8, Number.NaN]))
    expect(map.level(0.5)).toBe(0.5)
    expect(map.level(0.1)).toBe(0.5)
  })

  it('changes nothing when there is nothing to learn from', () => {
    const map = LevelMap.fit(Float64Array.from([0.4, 0.4]), Float64Array.from([1, 0]))
    expect(map.level(0.37)).toBe(0.37)
    expect(LevelMap.restore(map.snapshot()).level(0.37)).toBe(0.37)
  })

  it('never decreases, stays in the range of the labels, and survives its snapshot', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    const pairs = fc.array(fc.record({ predicted: unit, label: unit }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(pairs, (labelled) => {
        const labels = labelled.map((pair) => pair.label)
        const map = LevelMap.fit(
          Float64Array.from(labelled, (pair) => pair.predicted),
          Float64Array.from(labels),
        )
        const restored = LevelMap.restore(map.snapshot())
        let last = Number.NEGATIVE_INFINITY
        for (let q = 0; q <= 1; q += 0.05) {
          const level = map.level(q)
          expect(level).toBeGreaterThanOrEqual(last)
          expect(restored.level(q)).toBe(level)
          last = level
        }
      }),
    )
  })
})
