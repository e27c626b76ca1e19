import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { defaultPromotion, PromotionTest, trialAlpha } from './promotion-test.ts'
import type { TrialTurn, TrialUnit } from './trial-unit.ts'

const scale = { lambda: 20, costReferenceUsd: 0.01 }

/** Two LLMs of quality .5 and .5 + `gain`; the serving version takes the first nine times in ten, the candidate the second. */
function draw(gain: number, share: number, random: SeededRandom, turns = 1): TrialUnit {
  const [serving, candidate] = [Float64Array.of(0.9, 0.1), Float64Array.of(0.1, 0.9)]
  const own = random.next() < share ? candidate : serving
  return {
    share,
    turns: Array.from({ length: turns }, (): TrialTurn => {
      const drawn = random.next() < own[0]! ? 0 : 1
      const quality = Number(random.next() < 0.5 + drawn * gain)
      const prior = Float64Array.of(0.6, 0.6)
      return { llms: ['a', 'b'], serving, candidate, drawn, prior, outcome: { quality, costUsd: 0.001, weight: 1 } }
    }),
  }
}

function run(gain: number, seed: number, units: number, turns = 1): PromotionTest {
  const random = new SeededRandom(seed)
  const test = new PromotionTest(scale, 1)
  for (let i = 0; i < units && test.verdict === 'undecided'; i++) test.count(draw(gain, test.share, random, turns))
  return test
}

describe('PromotionTest', () => {
  test('α is split over the candidates tried: 6/π², a quarter of it, …, together no more than α', () => {
    expect(trialAlpha(0.05, 1)).toBeCloseTo(0.0304, 4)
    expect(trialAlpha(0.05, 2)).toBeCloseTo(0.0076, 4)
    let sum = 0
    for (let k = 1; k < 10_000; k++) sum += trialAlpha(0.05, k)
    expect(sum).toBeLessThan(0.05)
    const { alpha } = defaultPromotion
    expect(new PromotionTest(scale, 2).eValueNeeded).toBeCloseTo(1 / trialAlpha(alpha, 2), 9)
  })

  test('a better candidate is promoted, a worse one held, and the share of the canary rises in between', () => {
    const better = run(0.2, 1, 5000)
    expect(better.verdict).toBe('better')
    expect(better.eValue).toBeGreaterThanOrEqual(better.eValueNeeded)
    expect(better.bounds.lower).toBeGreaterThanOrEqual(0)
    expect(better.share).toBe(defaultPromotion.provenShare)
    // True gain: .8 of .2 in quality, weighed by 20/21.
    expect(better.gain).toBeGreaterThan(0)
    expect(run(-0.2, 1, 5000).verdict).toBe('worse')
    expect(new PromotionTest(scale, 1).share).toBe(defaultPromotion.canaryShare)
  })

  test.each([1, 3])('equal ones of %d turns are rarely promoted, looked at after every unit', (turns) => {
    const promoted = Array.from({ length: 100 }, (_, seed) => run(0, seed, 600, turns)).filter(
      ({ verdict }) => verdict === 'better',
    )
    expect(promoted.length).toBeLessThanOrEqual(5)
  })

  test('held as not shown to be better at the end', () => {
    const test = new PromotionTest(scale, 1, { ...defaultPromotion, maxUnits: 10 })
    const random = new SeededRandom(4)
    for (let i = 0; i < 10; i++) test.count(draw(0, 0.1, random))
    expect(test).toMatchObject({ units: 10, verdict: 'not_shown' })
  })

  test('units without outcomes do not count; a snapshot goes on bit for bit', () => {
    const random = new SeededRandom(9)
    const test = new PromotionTest(scale, 3)
    for (let i = 0; i < 50; i++) test.count(draw(0.1, test.share, random, 2))
    const { turns } = draw(0.1, 0.1, random)
    test.count({ share: 0.1, turns: turns.map((turn) => ({ ...turn, outcome: undefined })) })
    expect(test.units).toBe(50)
    const restored = PromotionTest.restore(test.snapshot(), scale, 3, defaultPromotion)
    for (let i = 0; i < 50; i++) {
      const unit = draw(0.1, test.share, random, 2)
      test.count(unit)
      restored.count(unit)
    }
    expect(restored.snapshot()).toEqual(test.snapshot())
    expect(restored.eValue).toBe(test.eValue)
  })
})
