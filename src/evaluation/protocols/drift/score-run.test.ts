import { describe, expect, it } from 'vitest'
import { sampleCast, sampleGoal, sampleOutcomes, sampleStream } from './__fixtures__/sample-stream.ts'
import { medianInterval } from './median-interval.ts'
import { realiseRun, scoreRun } from './score-run.ts'

const nobody = { newcomer: undefined, dropped: undefined }
const joining = { newcomer: sampleCast.newcomer, dropped: undefined }

const constant = (llm: number, length: number) => new Uint16Array(length).fill(llm)

describe('scoreRun', () => {
  it('scores regret, spending and what spending was worth', () => {
    const stream = sampleStream({ scenario: 'stationary' })
    const told = realiseRun(stream, constant(3, 12), sampleGoal)
    const run = realiseRun(stream, constant(1, 12), sampleGoal)
    const scores = scoreRun(stream, run, told, sampleGoal, 0.1, nobody)
    expect(scores.regret).toBeCloseTo(0.1, 12)
    // 8 USD less than told, at ν/C_ref = .01 a dollar.
    expect(scores.pricedRegret).toBeCloseTo(0.1 - 0.08, 12)
    expect(scores.budgetOvershoot).toBeCloseTo(2 / 3 - 1, 12)
    expect([scores.quality, scores.costUsd]).toEqual([expect.closeTo(0.8, 12), 2])
    expect([scores.recoverySteps, scores.adoptionSteps, scores.regretEarly]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  })

  it('weighs cost at a λ and knows no priced regret there', () => {
    const stream = sampleStream({ scenario: 'stationary' })
    const goal = { lambda: 1, budgetUsd: undefined, costReferenceUsd: 10 }
    const told = realiseRun(stream, constant(3, 12), goal)
    const run = realiseRun(stream, constant(1, 12), goal)
    expect(scoreRun(stream, run, told, goal, 0, nobody).regret).toBeCloseTo(0.5 * 0.1 - 0.5 * 0.8, 12)
    expect(scoreRun(stream, run, told, goal, 0, nobody).pricedRegret).toBeNaN()
  })

  it('counts prompts until the last hundred are within 5 % of the told router', () => {
    const stream = sampleStream({ scenario: 'quality-drop' }, 600, sampleOutcomes(600, [0.3, 0.8, 0.85, 0.9]))
    const told = realiseRun(stream, constant(3, 600), sampleGoal)
    const late = constant(0, 600)
    late.fill(3, 300 + 40)
    // k of 100 prompts at .3 fall short of .9 by .6·k/100 ≤ .045: k ≤ 7, 133 prompts after the change.
    const scores = scoreRun(stream, realiseRun(stream, late, sampleGoal), told, sampleGoal, 0, nobody)
    expect([scores.recoverySteps, scores.recovered]).toEqual([133, 1])
    const never = scoreRun(stream, realiseRun(stream, constant(0, 600), sampleGoal), told, sampleGoal, 0, nobody)
    expect([never.recoverySteps, never.recovered]).toEqual([300, 0])
    expect(never.regretEarly).toBeCloseTo(0.6, 12)
    expect(never.regretLate).toBeNaN()
    expect(scoreRun(stream, told, told, sampleGoal, 0, nobody).recoverySteps).toBe(100)
  })

  it('takes no passing touch for recovery, and one bad spell for none', () => {
    const stream = sampleStream({ scenario: 'quality-drop' }, 1200, sampleOutcomes(1200, [0.3, 0.8, 0.85, 0.9]))
    const told = realiseRun(stream, constant(3, 1200), sampleGoal)
    const stepsOf = (bad: readonly (readonly [from: number, to: number])[]) => {
      const choices = constant(3, 1200)
      for (const [from, to] of bad) choices.fill(0, 600 + from, 600 + to)
      const scores = scoreRun(stream, realiseRun(stream, choices, sampleGoal), told, sampleGoal, 0, nobody)
      return [scores.recoverySteps, scores.recovered]
    }
    // Good in prompts 0 to 150 alone: the windows that end by 157 hold.
    expect(stepsOf([[150, 600]])).toEqual([600, 0])
    // Ten bad ones spoil the windows from 8 to 93 + 9 prompts on: under a tenth of 501.
    expect(stepsOf([[550, 560]])).toEqual([100, 1])
    // Good in the last 50 alone is not to hold.
    expect(stepsOf([[0, 550]])).toEqual([600, 0])
  })

  it('asks for 100 prompts after the change, and of who hardly used an LLM no recovery from its loss', () => {
    const short = sampleStream({ scenario: 'quality-drop' }, 150)
    const told = realiseRun(short, constant(3, 150), sampleGoal)
    const early = scoreRun(short, told, told, sampleGoal, 0, nobody)
    expect([early.recoverySteps, early.recovered]).toEqual([Number.NaN, Number.NaN])
    const joins = sampleStream({ scenario: 'newcomer', variant: 'worse by .2' }, 150)
    const run = realiseRun(joins, constant(1, 150), sampleGoal)
    expect(scoreRun(joins, run, run, sampleGoal, 0, joining).newcomerShare).toBeNaN()
    const long = sampleStream({ scenario: 'quality-drop' }, 600)
    const informed = realiseRun(long, constant(3, 600), sampleGoal)
    const dropping = { newcomer: undefined, dropped: sampleCast.workhorse }
    expect(scoreRun(long, informed, informed, sampleGoal, 0, dropping).recovered).toBeNaN()
    const user = realiseRun(long, constant(1, 600), sampleGoal)
    expect(scoreRun(long, user, informed, sampleGoal, 0, dropping).recovered).toBe(0)
  })

  it('knows no price of a dollar where nobody keeps to the budget', () => {
    const stream = sampleStream({ scenario: 'stationary' })
    const run = realiseRun(stream, constant(1, 12), sampleGoal)
    expect(scoreRun(stream, run, run, sampleGoal, 1e6, nobody).pricedRegret).toBeNaN()
  })

  it('counts prompts until the newcomer has 80 % of what it deserves', () => {
    const stream = sampleStream({ scenario: 'newcomer', variant: 'quarter price' }, 900)
    const ideal = constant(1, 900)
    for (let step = 300; step < 900; step += 2) ideal[step] = 2
    const told = realiseRun(stream, ideal, sampleGoal)
    const slow = constant(1, 900)
    slow.fill(2, 300 + 150)
    const scores = scoreRun(stream, realiseRun(stream, slow, sampleGoal), told, sampleGoal, 0, joining)
    // 40 of the last 100
    expect([scores.adoptionSteps, scores.adopted]).toEqual([190, 1])
    expect(scores.newcomerShare).toBe(1)
    const ignored = realiseRun(stream, constant(1, 900), sampleGoal)
    expect(scoreRun(stream, ignored, told, sampleGoal, 0, joining).adopted).toBe(0)
    // Where it deserves nothing there is nothing to adopt.
    expect(scoreRun(stream, ignored, ignored, sampleGoal, 0, joining).adoptionSteps).toBeNaN()
  })

  it('never lets a loss push quality under 0', () => {
    const stream = sampleStream({ scenario: 'quality-drop' }, 12, sampleOutcomes(12, [0.4, 0.1, 0.85, 0.9]))
    expect(realiseRun(stream, constant(1, 12), sampleGoal).quality[11]).toBe(0)
  })
})

describe('medianInterval', () => {
  it('is the median between two order statistics', () => {
    const values = Array.from({ length: 20 }, (_, i) => 20 - i)
    // P(Binomial(20, ½) < 6) = .0207: the sixth from either end.
    expect(medianInterval(values)).toEqual({ mean: 10.5, low: 6, high: 15 })
    expect(medianInterval([3, 1, 2])).toEqual({ mean: 2, low: null, high: null })
    const never = Number.POSITIVE_INFINITY
    expect(medianInterval([1, 2, 3, 4, 5, never], 9)).toEqual({ mean: 3.5, low: 1, high: null })
    expect(medianInterval([1, never, never, never], 9)).toEqual({ mean: 9, low: null, high: null })
    expect(medianInterval([1, 2, 3, 4, 5, 6])).toEqual({ mean: 3.5, low: 1, high: 6 })
  })
})
