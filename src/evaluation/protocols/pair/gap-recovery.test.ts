import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GapRecovery } from './gap-recovery.ts'

const from = (...values: number[]) => Float64Array.from(values)

describe('GapRecovery', () => {
  it('gives what is worked by hand', () => {
    // Strong minus weak in order of the gain: +1, 0, +1, −1, +1; the gap is 2 of 5 prompts.
    const recovery = new GapRecovery(from(5, 4, 3, 2, 1), from(0, 1, 0, 1, 0), from(1, 1, 1, 0, 1))
    expect(recovery.curve([0, 0.2, 0.4, 0.5, 0.6, 0.8, 1])).toEqual([0, 0.5, 0.5, 0.75, 1, 0.5, 1])
    // Trapezoids of width .2 over 0, .5, .5, 1, .5, 1.
    const { apgr, cpt50, cpt80 } = recovery.metrics()
    expect(apgr).toBeCloseTo(0.6, 12)
    expect(cpt50).toBeCloseTo(0.2, 12)
    // From .5 at .4 to 1 at .6: .8 is three fifths of the way.
    expect(cpt80).toBeCloseTo(0.52, 12)
  })

  it('is the diagonal where no gain is told from another', () => {
    const recovery = new GapRecovery(new Float64Array(4), from(0, 0, 1, 0.2), from(1, 1, 0, 0.9))
    expect(recovery.metrics()).toEqual({ apgr: 0.5, cpt50: 0.5, cpt80: 0.8 })
    expect(recovery.curve([0, 0.25, 1])).toEqual([0, 0.25, 1])
  })

  it('may recover more than the gap, where the strong LLM is worse on some prompts', () => {
    const recovery = new GapRecovery(from(3, 2, 1), from(0, 0, 1), from(1, 1, 0))
    // 0, 1, 2, 1 at thirds.
    expect(recovery.metrics().apgr).toBeCloseTo(7 / 6, 12)
    expect(recovery.metrics().cpt80).toBeCloseTo(0.8 / 3, 12)
  })

  it('has no figures where the strong LLM is no better', () => {
    const recovery = new GapRecovery(from(1, 2), from(1, 0.5), from(0.5, 1))
    expect(recovery.metrics()).toEqual({ apgr: Number.NaN, cpt50: Number.NaN, cpt80: Number.NaN })
    expect(recovery.curve([0, 1])).toBeUndefined()
    expect(new GapRecovery(from(1), from(0), from(1)).metrics(Uint8Array.of(0)).apgr).toBeNaN()
  })

  it('counts a prompt of weight n as n prompts of the same gain', () => {
    const prompt = fc.record({
      gain: fc.integer({ min: -3, max: 3 }),
      weak: fc.constantFrom(0, 0.25, 1),
      strong: fc.constantFrom(0, 0.5, 1),
      times: fc.integer({ min: 0, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(prompt, { minLength: 1, maxLength: 30 }), (prompts) => {
        const columns = (list: typeof prompts) =>
          (['gain', 'weak', 'strong'] as const).map((name) => Float64Array.from(list, (entry) => entry[name]))
        const build = (list: typeof prompts) => {
          const [gain, weak, strong] = columns(list)
          return new GapRecovery(gain!, weak!, strong!)
        }
        const weighted = build(prompts).metrics(Uint8Array.from(prompts, ({ times }) => times))
        const repeated = build(prompts.flatMap((entry) => Array<typeof entry>(entry.times).fill(entry))).metrics()
        for (const name of ['apgr', 'cpt50', 'cpt80'] as const) {
          if (Number.isNaN(repeated[name])) expect(weighted[name]).toBeNaN()
          else expect(weighted[name]).toBeCloseTo(repeated[name], 9)
        }
      }),
    )
  })

  it('is beaten by no order of the prompts when asked for the true gains', () => {
    const quality = fc.array(fc.tuple(fc.constantFrom(0, 0.5, 1), fc.constantFrom(0, 0.5, 1), fc.integer()), {
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(quality, (cells) => {
        const weak = Float64Array.from(cells, ([value]) => value)
        const strong = Float64Array.from(cells, ([, value]) => value)
        const best = new GapRecovery(
          strong.map((value, i) => value - weak[i]!),
          weak,
          strong,
        ).metrics().apgr
        const other = new GapRecovery(
          Float64Array.from(cells, ([, , gain]) => gain),
          weak,
          strong,
        ).metrics().apgr
        if (!Number.isNaN(best)) expect(other).toBeLessThanOrEqual(best + 1e-9)
      }),
    )
  })
})
