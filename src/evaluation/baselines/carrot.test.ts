import { describe, expect, it } from 'vitest'
import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { fitCarrot } from './carrot.ts'

describe('carrot', () => {
  const training = twoTopics(40, 0.1)

  it('plugs the neighbours’ means of accuracy and of cost into one rule', () => {
    const choices = fitCarrot(training)({ family: 'knn', neighbours: 5 }).choose(
      promptsAt(contextAt(1, 0), contextAt(0, 1)),
    )
    expect(answersOf(choices, 0)).toEqual(new Array(choices.settings).fill(0))
    // Dear 1 − w·.01/.01 against cheap 0 − w·.001/.01.
    expect(answersOf(choices, 1)).toEqual([...sweepCostWeights()].map((w) => (w < 1 / 0.9 ? 1 : 0)))
  })

  it('has a linear family, fitted on recorded costs and not on those predicted by others', () => {
    const asked = promptsAt(contextAt(1, 0), contextAt(0, 1))
    const misled = { ...asked, predictedCostUsd: new Float64Array(4).fill(7) }
    const finish = fitCarrot(training)
    const choices = finish({ family: 'linear', penalty: 0.01 }).choose(asked)
    expect(finish({ family: 'linear', penalty: 0.01 }).choose(misled)).toEqual(choices)
    const switchedAt = answersOf(choices, 1).lastIndexOf(1)
    expect(sweepCostWeights()[switchedAt]).toBeCloseTo(1 / 0.9, 0)
  })
})
