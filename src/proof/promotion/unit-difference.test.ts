import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { OutcomeModel } from './outcome-model.ts'
import type { TrialTurn } from './trial-unit.ts'
import { differenceBound, unitDifference } from './unit-difference.ts'
import { largestCost, realisedUtility, utilityRange } from './utility-scale.ts'

/** λ = 3: quality weighs .75, C_ref of cost .25. */
const scale = { lambda: 3, costReferenceUsd: 0.01 }
const llms = ['a', 'b']
const nothingKnown = Float64Array.of(Number.NaN, Number.NaN)

function turn(
  serving: number,
  candidate: number,
  drawn: number,
  quality: number | undefined,
  costUsd: number | undefined = 0,
): TrialTurn {
  return {
    llms,
    serving: Float64Array.of(serving, 1 - serving),
    candidate: Float64Array.of(candidate, 1 - candidate),
    drawn,
    prior: nothingKnown,
    outcome: quality === undefined ? undefined : { quality, costUsd, weight: 1 },
  }
}

/** A model that has seen something, so that r̂ is neither 0 nor right. */
function taught(): OutcomeModel {
  const model = new OutcomeModel(scale)
  model.learn(turn(0.5, 0.5, 0, 0.4, 0.002))
  model.learn(turn(0.5, 0.5, 1, 0.9, 0.012))
  model.learn(turn(0.5, 0.5, 1, 0.2, 0.012))
  return model
}

describe('realisedUtility', () => {
  test('hand-worked, with the cap on cost', () => {
    expect(realisedUtility(0.8, 0.005, scale)).toBeCloseTo(0.75 * 0.8 - 0.25 * 0.5, 12)
    expect(realisedUtility(0, 1, scale)).toBeCloseTo(-0.25 * largestCost, 12)
    expect(utilityRange(scale)).toBeCloseTo(0.75 + 0.5, 12)
  })
})

describe('unitDifference', () => {
  test('hand-worked: one turn with nothing known beforehand is the inverse-propensity difference', () => {
    // π_s(a) = .2, π_c(a) = .7, mixture .9·.2 + .1·.7 = .25: weight .5/.25 = 2.
    const unit = { share: 0.1, turns: [turn(0.2, 0.7, 0, 0.8)] }
    const { difference, outcomes } = unitDifference(unit, new OutcomeModel(scale), scale, 1)
    expect(difference).toBeCloseTo(2 * 0.75 * 0.8, 12)
    expect(outcomes).toBe(1)
  })

  test('hand-worked: two turns, the second by the ratios of both', () => {
    // Turn 1 draws a (.2 against .7 at ε = .5: mixture .45), turn 2 draws b (.5 against .1).
    const unit = { share: 0.5, turns: [turn(0.2, 0.7, 0, undefined), turn(0.5, 0.9, 1, 0.6)] }
    const [underServing, underCandidate] = [0.2 * 0.5, 0.7 * 0.1]
    const mixture = 0.5 * underServing + 0.5 * underCandidate
    const { difference } = unitDifference(unit, new OutcomeModel(scale), scale, 2)
    expect(difference).toBeCloseTo(((underCandidate - underServing) / mixture) * 0.75 * 0.6, 12)
  })

  test('hand-worked: an answer whose bill nobody knows costs what its LLM has cost before', () => {
    const unknown = turn(0.2, 0.7, 1, 0.8)
    const unbilled = { ...unknown, outcome: { quality: 0.8, costUsd: undefined, expectedUsd: 7, weight: 1 } }
    // b: two answers at .012, and one beside at the mean of all three, (.002 + .012 + .012)/3.
    const expectedUsd = (0.012 + 0.012 + 0.026 / 3) / 3
    const of = (one: TrialTurn) => unitDifference({ share: 0.1, turns: [one] }, taught(), scale, 1).difference
    expect(of(unbilled)).toBeCloseTo(of(turn(0.2, 0.7, 1, 0.8, expectedUsd)), 12)
    // Before anything is known it costs nothing, as the mean that it is compared with does.
    const first = (one: TrialTurn) => unitDifference({ share: 0.1, turns: [one] }, new OutcomeModel(scale), scale, 1)
    expect(first(unbilled).difference).toBeCloseTo(first(unknown).difference, 12)
    const [a, b] = [taught(), taught()]
    a.learn(unbilled)
    b.learn(turn(0.2, 0.7, 1, 0.8, b.costOf('b')))
    expect(a.meanUtility).toBe(b.meanUtility)
    expect(a.costOf('b')).toBeCloseTo(expectedUsd, 12)
  })

  test('hand-worked: an LLM that nobody ever bills costs what was expected of it, whoever draws it, and others what they bill', () => {
    const model = new OutcomeModel(scale)
    const unbilled = (expectedUsd: number) => {
      const drawn = turn(0.5, 0.5, 1, 0.5)
      return { ...drawn, outcome: { quality: 0.5, costUsd: undefined, expectedUsd, weight: 1 } }
    }
    model.learn(unbilled(0.01))
    expect(model.costOf('a')).toBe(0.01)
    model.learn(turn(0.5, 0.5, 0, 0.5, 0.001))
    model.learn(unbilled(0.02))
    expect(model.costOf('b')).toBeCloseTo(0.015, 12)
    expect(model.costOf('a')).toBeCloseTo(0.001, 12)
    const restored = OutcomeModel.restore(model.snapshot(), scale)
    expect(restored.costOf('b')).toBe(model.costOf('b'))
    // As written before bills were counted apart.
    const later = new Set(['billed', 'unbilled', 'expectedUsd'])
    const before = JSON.parse(JSON.stringify(taught().snapshot(), (key, value) => (later.has(key) ? undefined : value)))
    const old = OutcomeModel.restore(before, scale)
    expect(old.costOf('b')).toBe(taught().costOf('b'))
  })

  test('versions that choose alike differ by nothing, whatever happens', () => {
    const unit = { share: 0.1, turns: [turn(0.3, 0.3, 1, 0.1), turn(0.6, 0.6, 0, 1)] }
    expect(unitDifference(unit, taught(), scale, 5).difference).toBeCloseTo(0, 12)
  })

  test('turns beyond the outcomes that count, and units without any, say nothing', () => {
    const turns = [turn(0.2, 0.7, 0, 0.8), turn(0.5, 0.9, 1, 0.6)]
    const one = unitDifference({ share: 0.1, turns: turns.slice(0, 1) }, taught(), scale, 1)
    expect(unitDifference({ share: 0.1, turns }, taught(), scale, 1)).toEqual(one)
    const silent = unitDifference({ share: 0.1, turns: [turn(0.2, 0.7, 0, undefined)] }, taught(), scale, 1)
    expect(silent).toEqual({ difference: 0, outcomes: 0 })
  })

  test.each([0.1, 0.5])(
    'unbiased by enumeration at ε = %d: two turns, the second led to by the first answer',
    (share) => {
      // What the second turn is like, and what both versions then do, hangs on the first answer; so does its quality.
      const first = [0.3, 0.8] as const
      const second = [
        [0.6, 0.1],
        [0.2, 0.9],
      ] as const
      const quality = (history: number, drawn: number) => [0.9, 0.35, 0.1, 0.7][2 * history + drawn]!
      const opening = [0.5, 0.65]
      const cost = [0.001, 0.02]
      const model = taught()
      const chance = (probability: number, drawn: number) => (drawn === 0 ? probability : 1 - probability)
      let expected = 0
      const values = [0, 0]
      for (const arm of [0, 1]) {
        for (const a of [0, 1]) {
          for (const b of [0, 1]) {
            const probability = chance(first[arm]!, a) * chance(second[a]![arm]!, b)
            const turns = [
              turn(first[0], first[1], a, opening[a], cost[a]),
              turn(second[a]![0], second[a]![1], b, quality(a, b), cost[b]),
            ]
            const { difference } = unitDifference({ share, turns }, model, scale, 5)
            expected += (arm === 1 ? share : 1 - share) * probability * difference
            const utilities = [
              realisedUtility(opening[a]!, cost[a]!, scale),
              realisedUtility(quality(a, b), cost[b]!, scale),
            ]
            // Turns are counted from the mean utility, which both arms share as both have two turns.
            values[arm]! += probability * (utilities[0]! + utilities[1]!)
          }
        }
      }
      expect(expected).toBeCloseTo(values[1]! - values[0]!, 12)
    },
  )

  test('law: no unit is beyond its bound', () => {
    const random = new SeededRandom(5)
    const some = () => [0.01, 0.5, 0.99, random.next()][Math.floor(4 * random.next())]!
    for (let i = 0; i < 5000; i++) {
      const share = [0.1, 0.5, 0.9][i % 3]!
      const most = 1 + (i % 4)
      const turns = Array.from({ length: 4 }, () =>
        turn(some(), some(), Math.floor(2 * random.next()), Math.round(random.next()), 0.05 * random.next()),
      )
      const model = new OutcomeModel(scale)
      for (const past of turns.slice(2)) model.learn(past)
      const { difference } = unitDifference({ share, turns }, model, scale, most)
      expect(Math.abs(difference)).toBeLessThanOrEqual(differenceBound(share, most, scale))
    }
  })
})
