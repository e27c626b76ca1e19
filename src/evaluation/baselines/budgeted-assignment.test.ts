import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { answersOf } from './__fixtures__/two-topics.ts'
import { budgetedAssignments } from './budgeted-assignment.ts'

describe('budgetedAssignments', () => {
  it('takes the steps with the most quality per USD first, along each prompt’s hull', () => {
    // Prompt 0: .2 for 1, .8 for 3, .9 for 5 (slopes .3 and .05). Prompt 1: .5 for 1, .7 for 2 (slope .2); the third is dominated.
    const quality = Float64Array.of(0.2, 0.8, 0.9, 0.5, 0.7, 0.6)
    const cost = Float64Array.of(1, 3, 5, 1, 2, 4)
    // Spending above the cheapest: 0 … 5 in steps of 1; the steps cost 2, 1 and 2 in this order.
    const choices = budgetedAssignments(quality, cost, 3, 6)
    expect(answersOf(choices, 0)).toEqual([0, 0, 1, 1, 1, 2])
    expect(answersOf(choices, 1)).toEqual([0, 0, 0, 1, 1, 1])
  })

  it('is never beaten at what it spends by any assignment at all', () => {
    const random = new SeededRandom(2)
    const width = 3
    const quality = Float64Array.from({ length: 4 * width }, () => random.next())
    const cost = Float64Array.from({ length: 4 * width }, () => random.next())
    const value = (answers: readonly number[]) =>
      answers.reduce(
        (sum, llm, prompt) => [sum[0]! + cost[prompt * width + llm]!, sum[1]! + quality[prompt * width + llm]!],
        [0, 0],
      )
    // As many settings as to meet every state of the walk.
    const choices = budgetedAssignments(quality, cost, width, 2000)
    for (let setting = 0; setting < 2000; setting += 50) {
      const [spent, gained] = value([...choices.answeredBy.subarray(setting * 4, setting * 4 + 4)])
      for (let code = 0; code < width ** 4; code++) {
        const answers = [code % 3, Math.floor(code / 3) % 3, Math.floor(code / 9) % 3, Math.floor(code / 27)]
        const [otherSpent, otherGained] = value(answers)
        if (otherSpent! <= spent! + 1e-12) expect(otherGained!).toBeLessThanOrEqual(gained! + 1e-12)
      }
    }
  })

  it('does not assign what has no prediction', () => {
    const quality = Float64Array.of(0.9, 0.5, Number.NaN)
    const cost = Float64Array.of(Number.NaN, 2, 1)
    expect(answersOf(budgetedAssignments(quality, cost, 3, 2), 0)).toEqual([1, 1])
  })
})
