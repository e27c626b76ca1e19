import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedQualities } from './expected-qualities.ts'

const repeated = (quality: number, predicted: number, count: number) =>
  Array.from({ length: count }, () => ({ quality, predicted }))

describe('expectedQualities', () => {
  test('moves each prediction towards its probes, as worked by hand', () => {
    // Residuals .5, −.5, .5, −.5 and .5 three times, −.5 once: r = 0 and .25; squares 1 and .75 over 6 degrees: σ² = .29167.
    // Moment: (4·0 − σ²)/8 + (4·.0625 − σ²)/8 = −.0416667; τ² = (4·.01 + 2·(−.0416667))/6 < 0: 0, and nothing moves.
    const even = [1, 0, 1, 0].map((quality) => ({ quality, predicted: 0.5 }))
    const better = [1, 1, 1, 0].map((quality) => ({ quality, predicted: 0.5 }))
    expect(expectedQualities([even, better])).toEqual([0.5, 0.5])
    // Ten probes each, residuals .4 ± .1 and −.4 ± .1: squares .1 and .1, σ² = .2/18 = .0111111;
    // moment (10·.16 − σ²)/20·2 = .1588889; τ² = (.04 + 2·.1588889)/6 = .0596296; s = τ²/(τ² + .00111111) = .9817073.
    const high = Array.from({ length: 10 }, (_, i) => ({ quality: i % 2 === 0 ? 1 : 0.8, predicted: 0.5 }))
    const low = Array.from({ length: 10 }, (_, i) => ({ quality: i % 2 === 0 ? 0.2 : 0, predicted: 0.5 }))
    const [above, below] = expectedQualities([high, low])
    expect(above).toBeCloseTo(0.5 + 0.9817073 * 0.4, 6)
    expect(below).toBeCloseTo(0.5 - 0.9817073 * 0.4, 6)
  })

  test('believes many probes of a task in which an LLM fails where it was predicted to do half', () => {
    const tasks = [repeated(0, 0.44, 60), repeated(1, 0.8, 40), repeated(0, 0.2, 40)]
    expect(expectedQualities(tasks)[0]).toBeLessThan(0.01)
  })

  test('hardly moves by one probe a task', () => {
    const [expected] = expectedQualities([repeated(1, 0.6, 1)])
    expect(expected).toBeGreaterThanOrEqual(0.6)
    expect(expected).toBeLessThan(0.65)
  })

  const probe = fc.record({
    quality: fc.double({ min: 0, max: 1, noNaN: true }),
    predicted: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const tasks = fc.array(fc.array(probe, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 12 })

  test('stays between prediction and own mean', () => {
    fc.assert(
      fc.property(tasks, (drawn) => {
        expectedQualities(drawn).forEach((expected, task) => {
          const probes = drawn[task]!
          const own = probes.reduce((sum, one) => sum + one.quality, 0) / probes.length
          const predicted = probes.reduce((sum, one) => sum + one.predicted, 0) / probes.length
          expect(expected).toBeGreaterThanOrEqual(Math.min(own, predicted) - 1e-12)
          expect(expected).toBeLessThanOrEqual(Math.max(own, predicted) + 1e-12)
        })
      }),
      { seed: 1 },
    )
  })

  test('comes to the own means with the same probes ever more often', () => {
    const few = fc.array(fc.array(probe, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(few, (drawn) => {
        const distance = (times: number) => {
          const many = drawn.map((probes) => Array.from({ length: times }, () => probes).flat())
          return Math.max(
            ...expectedQualities(many).map((expected, task) => {
              const own = drawn[task]!.reduce((sum, one) => sum + one.quality, 0) / drawn[task]!.length
              return Math.abs(expected - own)
            }),
          )
        }
        expect(distance(2000)).toBeLessThan(0.1)
      }),
      { seed: 1, numRuns: 30 },
    )
  })
})
