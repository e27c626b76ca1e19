import { describe, expect, it } from 'vitest'
import { answersOf, contextAt, promptsAt, twoTopics } from './__fixtures__/two-topics.ts'
import { fitZooter, teacherProbabilities } from './zooter.ts'

describe('teacherProbabilities', () => {
  it('is softmax(reward/T) in each row', () => {
    const probabilities = teacherProbabilities(Float64Array.of(1, 0, 0.3, 0.3), 2, 0.5)
    expect(probabilities[0]).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 1), 12)
    expect(probabilities[1]).toBeCloseTo(1 / (Math.exp(2) + 1), 12)
    expect([...probabilities.subarray(2)]).toEqual([0.5, 0.5])
  })
})

describe('zooter', () => {
  it('distils the rewards: the right LLM without a cost weight, the cheap one with a large one', () => {
    const fitted = fitZooter(twoTopics(600, 0.1))({ temperature: 0.3, ownShare: 1 })
    const choices = fitted.choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    expect(answersOf(choices, 1)[0]).toBe(1)
    expect(answersOf(choices, 0).at(-1)).toBe(0)
    expect(answersOf(choices, 1).at(-1)).toBe(0)
    const switchesAt = (prompt: number): number => answersOf(choices, prompt).lastIndexOf(1)
    expect(switchesAt(0)).toBeLessThan(switchesAt(1))
  })

  it('says the same of every prompt of a cluster when all is smoothed away', () => {
    // With β = 0 and one cluster the teacher is one distribution for all: cheap .5, dear 1.
    const training = twoTopics(36, 0.1)
    const fitted = fitZooter(training)({ temperature: 0.1, ownShare: 0 })
    const choices = fitted.choose(promptsAt(contextAt(1, 0), contextAt(0, 1)))
    expect(answersOf(choices, 0)[0]).toBe(1)
    expect(answersOf(choices, 1)[0]).toBe(1)
  })
})
