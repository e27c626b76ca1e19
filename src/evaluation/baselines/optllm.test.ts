import { describe, expect, it } from 'vitest'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { fitOptLlm } from './optllm.ts'

describe('optllm', () => {
  it('buys the dear LLM where the ensemble sees a gain, as the budget grows', () => {
    const fitted = fitOptLlm(twoTopics(60, 0.2), false)({ leaf: 5, caution: 0 })
    const choices = fitted.choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    expect(answersOf(choices, 0).slice(0, -1)).toEqual(new Array(choices.settings - 1).fill(0))
    expect(answersOf(choices, 1).at(-1)).toBe(1)
    expect(answersOf(choices, 1)[0]).toBe(0)
  })

  it('leaves a gain that the ensemble disagrees about when told to be cautious', () => {
    // Every label of `cheap` is .5; `dear` has 0 and 1 at random, .6 on average.
    const training = twoTopics(60, 0.2)
    const quality = training.rows.quality.map((_, cell) => (cell % 2 === 0 ? 0.5 : (cell * 7) % 10 < 4 ? 0 : 1))
    const finish = fitOptLlm({ ...training, rows: { ...training.rows, quality } }, false)
    const asked = promptsAt(...training.rows.contexts)
    const dearShare = (caution: number): number => {
      const { answeredBy, settings } = finish({ leaf: 5, caution }).choose(asked)
      const last = answeredBy.subarray((settings - 1) * asked.contexts.length)
      return last.reduce((sum, llm) => sum + llm, 0) / last.length
    }
    expect(dearShare(0)).toBeGreaterThan(0.5)
    expect(dearShare(10)).toBe(0)
  })
})
