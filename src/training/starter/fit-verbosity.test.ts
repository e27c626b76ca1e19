import { describe, expect, it } from 'vitest'
import { fitVerbosity } from './fit-verbosity.ts'

const unknown = Number.NaN

describe('verbosity', () => {
  it('does not depend on who else answered', () => {
    // The first set measured LLMs 0 and 1, the second 1 and 2: each writes twice what the one before it does, less one for log1p.
    const lengths = [100, 200, 400].map((tokens) => tokens - 1)
    const rows = Array.from({ length: 4000 }, (_, row) =>
      row % 2 === 0 ? [lengths[0]!, lengths[1]!, unknown] : [unknown, lengths[1]!, lengths[2]!],
    )
    const found = fitVerbosity(Float64Array.from(rows.flat()), 3)
    expect([...found]).toEqual([-Math.LN2, 0, Math.LN2].map((value) => expect.closeTo(value, 1)))
  })

  it('leaves out prompts that are answered with a letter, and LLMs without answers', () => {
    const letters = Array.from({ length: 500 }, () => [1, 1, unknown])
    const words = Array.from({ length: 500 }, () => [99, 399, unknown])
    const found = fitVerbosity(Float64Array.from([...letters, ...words].flat()), 3)
    expect(found[1]! - found[0]!).toBeCloseTo(2 * Math.LN2, 1)
    expect(found[2]).toBe(0)
  })
})
