import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { sampleKnowledge, sampleRequest } from '../online/__fixtures__/sample-knowledge.ts'
import { fitTrackAndStop, TrackAndStop } from './track-and-stop.ts'

const options = { epsilon: 0.01, delta: 0.05, nursery: 5, refresh: 10 }

function stream(policy: TrackAndStop, means: readonly number[], steps: number, random: SeededRandom): number[] {
  const request = sampleRequest(
    [1],
    means.map((_, llm) => llm),
  )
  return Array.from({ length: steps }, () => {
    const llm = policy.choose(request, random)
    const quality = Number(random.next() < means[llm]!)
    policy.learn(request, { llm, quality, satisfied: undefined, costUsd: 0 })
    return llm
  })
}

describe('TrackAndStop', () => {
  it('starts with a round robin, settles on the best arm and asks no more', () => {
    const random = new SeededRandom(4)
    const policy = new TrackAndStop(3, 1, 0, options)
    const first = stream(policy, [0.2, 0.8, 0.3], 15, random)
    expect([0, 1, 2].map((llm) => first.filter((chosen) => chosen === llm).length)).toEqual([5, 5, 5])
    stream(policy, [0.2, 0.8, 0.3], 300, random)
    expect(policy.winner).toBe(1)
    // It stopped: that the winner is bad now goes unnoticed.
    expect(new Set(stream(policy, [0.9, 0, 0.9], 200, random))).toEqual(new Set([1]))
  })

  it('reopens for a newcomer, and when the winner leaves', () => {
    const random = new SeededRandom(5)
    const policy = new TrackAndStop(3, 1, 0, options)
    stream(policy, [0.3, 0.7], 300, random)
    expect(policy.winner).toBe(1)
    policy.llmAdded()
    expect(stream(policy, [0.3, 0.7, 0.99], 5, random)).toEqual([2, 2, 2, 2, 2])
    stream(policy, [0.3, 0.7, 0.99], 400, random)
    expect(policy.winner).toBe(2)
    policy.llmRemoved(2)
    expect(policy.winner).toBeUndefined()
    expect(stream(policy, [0.3, 0.7], 1, random)[0]).toBeLessThan(2)
  })

  it('rescales what was paid when a price changes', () => {
    const random = new SeededRandom(6)
    const policy = new TrackAndStop(2, 1, 1, options)
    for (let i = 0; i < 400; i++) {
      policy.observe(0, 0.8, 0.1)
      policy.observe(1, 0.9, 0.1)
    }
    policy.priceChanged(1, 4)
    expect(policy.choose(sampleRequest([1], [0, 1]), random)).toBe(0)
  })

  it('finds the best LLM that a budget allows', () => {
    const knowledge = sampleKnowledge({
      embeddings: Array.from({ length: 200 }, () => [1]),
      quality: Array.from({ length: 200 }, (_, row) => [0.4, 0.7, 0.8].map((level) => level + (row % 2) / 50)).flat(),
      costUsd: Array.from({ length: 200 }, () => [0.001, 0.01, 0.1]).flat(),
      prices: [1, 10, 100],
    })
    const fitted = fitTrackAndStop(knowledge)
    const chosen = [0.002, 0.02, 0.2].map((budgetUsd) =>
      fitted
        .start({ lambda: undefined, budgetUsd, costReferenceUsd: 0.1 })
        .choose(sampleRequest([1], [0, 1, 2]), new SeededRandom(1)),
    )
    expect(chosen).toEqual([0, 1, 2])
  })

  it('stays with a poor or free cheapest LLM where the budget allows no other', () => {
    for (const cheapestUsd of [0.001, 0]) {
      const knowledge = sampleKnowledge({
        embeddings: Array.from({ length: 200 }, () => [1]),
        quality: Array.from({ length: 200 }, (_, row) => [0.05, 0.7].map((level) => level + (row % 2) / 50)).flat(),
        costUsd: Array.from({ length: 200 }, () => [cheapestUsd, 0.01]).flat(),
        prices: [1, 10],
      })
      const policy = fitTrackAndStop(knowledge).start({ lambda: undefined, budgetUsd: 0.002, costReferenceUsd: 0.01 })
      expect(policy.choose(sampleRequest([1], [0, 1]), new SeededRandom(1))).toBe(0)
    }
  })
})
