import { describe, expect, it } from 'vitest'
import { sampleStream } from './__fixtures__/sample-stream.ts'
import { driftBudgets, driftSettings, settingId } from './drift-setting.ts'

const steps = Array.from({ length: 12 }, (_, step) => step)

describe('driftBudgets', () => {
  it('gives the budgets of ParetoBandit’s authors on their pool', () => {
    expect(driftBudgets(2.92e-5, 0.01497)).toEqual([3e-4, 6.6e-4, 1.9e-3])
  })

  it('never rounds below what the cheapest LLM bills', () => {
    expect(driftBudgets(1.04e-4, 1.04e-4)).toEqual([1.1e-4, 1.1e-4, 1.1e-4])
    expect(driftBudgets(9.94, 9.94)).toEqual([10, 10, 10])
  })
})

describe('driftSettings', () => {
  it('tells all settings apart', () => {
    const ids = driftSettings([1, 2, 3], 10, 100, 'listed').map(settingId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z0-9.-]+$/)
  })

  it('makes equal budgets’ settings once, and no price variants of an unlisted price', () => {
    const same = driftSettings([2, 2, 2], 10, 100, 'listed')
    expect(same.filter(({ change, goal }) => change.scenario === 'stationary' && goal.budgetUsd === 2).length).toBe(4)
    const unlisted = driftSettings([1, 2, 3], 10, 100, 'unlisted').flatMap(({ change }) =>
      change.scenario === 'newcomer' ? [change.variant] : [],
    )
    expect(unlisted).toEqual(['worse by .2'])
  })
})

describe('DriftStream', () => {
  it('leaves a stationary stream alone, the newcomer absent', () => {
    const stream = sampleStream({ scenario: 'stationary' })
    expect(stream.changeAt).toBe(0)
    expect(stream.delay).toBe(0)
    expect(steps.flatMap((step) => stream.events(step))).toEqual([])
    expect(stream.candidates(5)).toEqual([0, 1, 3])
    expect([stream.quality(5, 1), stream.costUsd(5, 3), stream.outputTokens(5, 1)]).toEqual([0.8, 10, 20])
    expect(stream.outputTokens(5, 3)).toBeUndefined()
    expect(sampleStream({ scenario: 'stationary', variant: 'feedback 100 requests late' }).delay).toBe(100)
  })

  it('judges every fifth answer where feedback is on 20 %, and is otherwise the same stream', () => {
    const [full, partly] = (['quarter price', 'quarter price, feedback on 20 %'] as const).map((variant) =>
      sampleStream({ scenario: 'newcomer', variant }),
    )
    expect(steps.filter((step) => partly!.isJudged(step))).toEqual(steps.filter((step) => step % 5 === 0))
    expect(steps.every((step) => full!.isJudged(step))).toBe(true)
    expect(partly!.costUsd(5, 2)).toBe(full!.costUsd(5, 2))
    expect(partly!.delay).toBe(0)
  })

  it('takes .2 off the workhorse half-way, and says nothing', () => {
    const stream = sampleStream({ scenario: 'quality-drop' })
    expect(stream.changeAt).toBe(6)
    expect([5, 6].map((step) => stream.quality(step, 1))).toEqual([0.8, expect.closeTo(0.6, 12)])
    expect(stream.quality(11, 3)).toBe(0.9)
    expect(steps.flatMap((step) => stream.events(step))).toEqual([])
  })

  it('changes the dearest LLM’s price and changes it back, for all to see', () => {
    const stream = sampleStream({ scenario: 'price-change', variant: 'four times' })
    expect([3, 4, 7, 8].map((step) => stream.costUsd(step, 3))).toEqual([10, 40, 40, 10])
    expect(stream.events(4)).toEqual([{ kind: 'price', llm: 3, factor: 4 }])
    expect(stream.events(8)).toEqual([{ kind: 'price', llm: 3, factor: 1 / 4 }])
    const cut = sampleStream({ scenario: 'price-change', variant: 'cut to a quarter' })
    expect([4, 8].map((step) => cut.costUsd(step, 3))).toEqual([2.5, 10])
  })

  it('lets the newcomer join after a third, at its price', () => {
    const stream = sampleStream({ scenario: 'newcomer', variant: 'quarter price' })
    expect(stream.candidates(3)).toEqual([0, 1, 3])
    expect(stream.candidates(4)).toEqual([0, 1, 2, 3])
    const price = { inputPerMillionTokensUsd: 0.75, outputPerMillionTokensUsd: 0.75 }
    expect(stream.events(4)).toEqual([{ kind: 'added', llm: 2, price }])
    expect(stream.costUsd(4, 2)).toBe(0.75)
    expect(stream.quality(4, 2)).toBe(0.85)
    const poor = sampleStream({ scenario: 'newcomer', variant: 'worse by .2' })
    expect([poor.costUsd(4, 2), poor.quality(4, 2)]).toEqual([3, expect.closeTo(0.65, 12)])
    expect(sampleStream({ scenario: 'newcomer', variant: 'four times price' }).costUsd(4, 2)).toBe(12)
  })

  it('takes the workhorse out half-way', () => {
    const stream = sampleStream({ scenario: 'removal' })
    expect(stream.candidates(5)).toEqual([0, 1, 3])
    expect(stream.candidates(6)).toEqual([0, 3])
    expect(stream.events(6)).toEqual([{ kind: 'removed', llm: 1 }])
  })
})
