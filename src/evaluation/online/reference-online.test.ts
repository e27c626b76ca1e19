import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { sampleKnowledge, sampleRequest } from './__fixtures__/sample-knowledge.ts'
import type { OnlineGoal, OnlinePolicyKind } from './online-policy.ts'
import { bestSingleOnline, cheapestOnline, randomOnline, zeroRouterOnline } from './reference-online.ts'

/** LLM 3 is a newcomer. */
const knowledge = sampleKnowledge({
  embeddings: [[1]],
  quality: [0.4, 0.8, 0.9, Number.NaN],
  costUsd: [1, 2, 10, Number.NaN],
  prices: [1, 2, 10, 0.1],
  newcomers: [3],
})
const all = sampleRequest([1], [0, 1, 2])
const budget = (budgetUsd: number): OnlineGoal => ({ lambda: undefined, budgetUsd, costReferenceUsd: 10 })
const paying = (lambda: number): OnlineGoal => ({ lambda, budgetUsd: undefined, costReferenceUsd: 10 })
const start = async (kind: OnlinePolicyKind, goal: OnlineGoal) => (await kind.fit(knowledge)).start(goal)

async function shares(kind: OnlinePolicyKind, goal: OnlineGoal): Promise<number[]> {
  const random = new SeededRandom(2)
  const policy = await start(kind, goal)
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) counts[policy.choose(all, random)]!++
  return counts.map((count) => count / 4000)
}

describe('reference policies', () => {
  it('draws evenly', async () => {
    for (const share of (await shares(randomOnline, paying(1))).slice(0, 3)) expect(share).toBeCloseTo(1 / 3, 1)
  })

  it('mixes two neighbours on the hull to spend a budget, at most what the best LLM costs', async () => {
    const [cheap, middle, dear] = await shares(zeroRouterOnline, budget(1.25))
    expect([cheap, middle, dear].map((share) => Math.round(share! * 20) / 20)).toEqual([0.75, 0.25, 0])
    expect((await shares(zeroRouterOnline, budget(4)))[2]).toBeCloseTo(0.25, 1)
    expect(await shares(zeroRouterOnline, budget(50))).toEqual([0, 0, 1, 0])
    expect(await shares(zeroRouterOnline, budget(0.1))).toEqual([1, 0, 0, 0])
  })

  it('takes the LLM of the best utility at a λ', async () => {
    const chosen = [0.1, 2, 1000].map(async (lambda) => {
      const policy = await start(zeroRouterOnline, paying(lambda))
      return policy.choose(all, new SeededRandom(1))
    })
    expect(await Promise.all(chosen)).toEqual([0, 1, 2])
  })

  it('follows prices, and knows nothing of a newcomer', async () => {
    const random = new SeededRandom(1)
    const cheapest = await start(cheapestOnline, paying(1))
    const everyone = sampleRequest([1], [0, 1, 2, 3])
    expect(cheapest.choose(everyone, random)).toBe(0)
    cheapest.priceChanged(0, 5)
    expect(cheapest.choose(everyone, random)).toBe(1)
    const mixture = await start(zeroRouterOnline, budget(2))
    expect(mixture.choose(all, random)).toBe(1)
    mixture.priceChanged(2, 0.1)
    expect(mixture.choose(all, random)).toBe(2)
    const best = await start(bestSingleOnline, budget(2))
    expect(best.choose(everyone, random)).toBe(2)
    expect(best.choose(sampleRequest([1], [0, 1, 3]), random)).toBe(1)
  })
})
