import { describe, expect, it } from 'vitest'
import { sampleKnowledge } from './__fixtures__/sample-knowledge.ts'
import type { OfflineKnowledge, OnlineGoal, OnlinePolicy } from './online-policy.ts'
import { OnlineTuning } from './tune-online.ts'

const rows = 30
const knowledge = sampleKnowledge({
  embeddings: Array.from({ length: rows }, () => [1]),
  quality: Array.from({ length: rows }, () => [0.5, 0.8, 0.9]).flat(),
  costUsd: Array.from({ length: rows }, () => [1, 2, 10]).flat(),
  prices: [1, 2, 10],
})

/** A policy that always takes one LLM and keeps what it was shown. */
function always(llm: number, shown: number[] = []): OnlinePolicy {
  return {
    choose: () => llm,
    learn: (_, feedback) => {
      shown.push(feedback.llm)
    },
    priceChanged() {},
    llmAdded() {},
    llmRemoved() {},
  }
}

describe('OnlineTuning', () => {
  const goals: readonly (readonly [name: string, goal: OnlineGoal, expected: number])[] = [
    ['λ = .01', { lambda: 0.01, budgetUsd: undefined, costReferenceUsd: 10 }, 0],
    ['λ = 1', { lambda: 1, budgetUsd: undefined, costReferenceUsd: 10 }, 1],
    ['λ = 1000', { lambda: 1000, budgetUsd: undefined, costReferenceUsd: 10 }, 2],
    ['a budget for the second', { lambda: undefined, budgetUsd: 2, costReferenceUsd: 10 }, 1],
    ['a budget for nobody', { lambda: undefined, budgetUsd: 0.5, costReferenceUsd: 10 }, 0],
  ]
  for (const [name, goal, expected] of goals) {
    it(`takes the setting that serves ${name}`, () => {
      const tuning = new OnlineTuning(knowledge, [0, 1, 2], (_, llm) => always(llm))
      expect(tuning.settingFor(goal)).toBe(expected)
    })
  }

  it('tries on rows that the trial was not fitted on, with feedback on its own choices, once per goal', () => {
    const parts: OfflineKnowledge[] = []
    const shown: number[] = []
    const tuning = new OnlineTuning(knowledge, [1], (part, llm) => {
      parts.push(part)
      return always(llm, shown)
    })
    const goal = goals[0]![1]
    tuning.settingFor(goal)
    tuning.settingFor(goal)
    expect(parts.map((part) => part.rows.contexts.length)).toEqual([20])
    expect(parts[0]!.texts).not.toContain('prompt 0')
    expect(shown).toEqual(new Array(10).fill(1))
  })

  it('allows twelve settings', () => {
    const settings = Array.from({ length: 13 }, (_, i) => i)
    expect(() => new OnlineTuning(knowledge, settings, () => always(0))).toThrow(RangeError)
  })
})
