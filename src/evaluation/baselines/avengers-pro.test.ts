import { describe, expect, it } from 'vitest'
import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { fitAvengers } from './avengers-pro.ts'

/** Settings at which the dear LLM answers are those whose (1 − α)/α is below the weight. */
function dearBelow(weight: number): number[] {
  return [...sweepCostWeights()].map((w) => (w < weight ? 1 : 0))
}

describe('avengersPro', () => {
  const finish = fitAvengers(twoTopics(40))

  it('marks LLMs per cluster by minmax accuracy and by cost over the dearest', () => {
    const fitted = finish({ clusters: 2, neighbours: 1, sharpness: 6 })
    const choices = fitted.choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    // First topic: both right, so that accuracy says nothing and cost decides.
    expect(answersOf(choices, 0)).toEqual(dearBelow(0))
    // Second topic: dear 1 + 0·w against cheap 0 + (1 − .1)·w.
    expect(answersOf(choices, 1)).toEqual(dearBelow(1 / 0.9))
  })

  it('weights the nearest clusters by softmax(−β·distance)', () => {
    const choices = finish({ clusters: 2, neighbours: 2, sharpness: 6 }).choose(
      promptsAt(contextAt(1, 1), contextAt(3, 4)),
    )
    // Half-way: each cluster counts half, accuracy .5 against thrift .9·w.
    expect(answersOf(choices, 0)).toEqual(dearBelow(0.5 / 0.9))
    // At (.6, .8) the distances are √.8 and √.4.
    const weight = 1 / (1 + Math.exp(-6 * (Math.sqrt(0.8) - Math.sqrt(0.4))))
    expect(answersOf(choices, 1)).toEqual(dearBelow(weight / 0.9))
  })
})
