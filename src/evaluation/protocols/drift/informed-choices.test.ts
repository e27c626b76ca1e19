import { describe, expect, it } from 'vitest'
import { sampleContext } from '../../online/__fixtures__/sample-knowledge.ts'
import { ContextTable } from '../../online/context-table.ts'
import { sampleGoal, sampleOutcomes, sampleStream } from './__fixtures__/sample-stream.ts'
import { keptQuality } from './drift-case.ts'
import { fullInformationChoices, oracleChoices } from './informed-choices.ts'

const context = sampleContext([1])
const promptOf = () => ({ context, inputTokens: 10 })

/** Knows every mean exactly. */
const told = {
  llms: [0, 1, 2, 3],
  quality: new ContextTable(4, (_, row) => row.set([0.4, 0.8, 0.85, 0.9])),
  costUsd: new ContextTable(4, (_, row) => row.set([1, 2, 3, 10])),
  keptQuality: Float64Array.of(0.8, 0.75, 0.8, 0.8),
}
const paying = { lambda: 2, budgetUsd: undefined, costReferenceUsd: 10 }

describe('oracleChoices', () => {
  it('takes the best answer of the pool, the cheaper of equal ones', () => {
    expect(new Set(oracleChoices(sampleStream({ scenario: 'stationary' })))).toEqual(new Set([3]))
    const tied = sampleStream({ scenario: 'stationary' }, 12, sampleOutcomes(12, [0.4, 0.9, 1, 0.9]))
    expect(new Set(oracleChoices(tied))).toEqual(new Set([1]))
  })
})

describe('fullInformationChoices', () => {
  it('follows a silent loss the moment it happens', () => {
    const stream = sampleStream({ scenario: 'quality-drop' }, 12, sampleOutcomes(12, [0.7, 0.8, 0.85, 0.9]))
    const informed = { ...told, quality: new ContextTable(4, (_, row) => row.set([0.7, 0.8, 0.85, 0.9])) }
    // At λ = 2: 2/3·q − c/30: .433 for 0, .467 for 1, and .333 for 1 after the loss.
    const { choices, dual } = fullInformationChoices(stream, informed, promptOf, paying)
    expect([...choices]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    expect(dual).toBe(0)
  })

  it('loses what an outcome can lose', () => {
    expect([...keptQuality(Float64Array.of(1, 0.1, 0, 0, 0.5, 0, 1, Number.NaN, 0), 3)]).toEqual([
      expect.closeTo(0.8, 12),
      expect.closeTo(0.5, 12),
      1,
    ])
    // Of .05 a loss of .2 leaves .0375 on average, not nothing: at λ = 200 that is worth more than .03 of the cheap one.
    const poor = { ...told, quality: new ContextTable(4, (_, row) => row.set([0.03, 0.05, 0, 0])) }
    const keen = { ...paying, lambda: 200 }
    const stream = sampleStream({ scenario: 'quality-drop' }, 12)
    expect(new Set(fullInformationChoices(stream, poor, promptOf, keen).choices)).toEqual(new Set([1]))
  })

  it('knows the newcomer at once', () => {
    const stream = sampleStream({ scenario: 'newcomer', variant: 'quarter price' })
    const { choices } = fullInformationChoices(stream, told, promptOf, paying)
    expect([...choices]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2])
  })

  it('keeps to a budget by the best ν in hindsight', () => {
    const stream = sampleStream({ scenario: 'stationary' })
    // The dear one would cost 10; the next best 2.
    const { choices, dual } = fullInformationChoices(stream, told, promptOf, sampleGoal)
    expect(new Set(choices)).toEqual(new Set([1]))
    // .9 − ν = .8 − .2·ν
    expect(dual).toBeCloseTo(0.125, 6)
    const rich = { ...sampleGoal, budgetUsd: 20 }
    expect(new Set(fullInformationChoices(stream, told, promptOf, rich).choices)).toEqual(new Set([3]))
  })
})
