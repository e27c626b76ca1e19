import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { sampleKnowledge, sampleRequest } from '../online/__fixtures__/sample-knowledge.ts'
import { ContextTable } from '../online/context-table.ts'
import { UnitPrices } from '../online/unit-prices.ts'
import { BetaThompson, fitBetaThompson } from './beta-thompson.ts'

/** Cluster 0 left of 0, cluster 1 right of it. */
const side = new ContextTable(1, ({ embedding }, row) => {
  row[0] = embedding[0]! < 0 ? 0 : 1
})
const knowledge = sampleKnowledge({ embeddings: [[1]], quality: [0.5, 0.5], costUsd: [1, 2], prices: [1, 4] })

function policyOf(costWeight: number): BetaThompson {
  const policy = new BetaThompson(side, 2, 2, new UnitPrices(knowledge), costWeight)
  for (const [cluster, llm, quality] of [
    [0, 0, 0.9],
    [0, 1, 0.6],
    [1, 0, 0.6],
    [1, 1, 0.9],
  ] as const) {
    for (let i = 0; i < 5000; i++) policy.observe(cluster, llm, quality)
  }
  return policy
}

describe('BetaThompson', () => {
  it('chooses by cluster, less the price of each', () => {
    const random = new SeededRandom(1)
    const [left, right] = [sampleRequest([-1], [0, 1]), sampleRequest([1], [0, 1])]
    expect([policyOf(0.1).choose(left, random), policyOf(0.1).choose(right, random)]).toEqual([0, 1])
    // The dearest loses all of .5, the other a quarter of it.
    expect(policyOf(0.5).choose(right, random)).toBe(0)
  })

  it('lets an LLM never tried in a cluster win at once', () => {
    const random = new SeededRandom(1)
    const policy = new BetaThompson(side, 2, 2, new UnitPrices(knowledge), 1)
    policy.observe(0, 0, 1)
    const left = sampleRequest([-1], [0, 1])
    expect(policy.choose(left, random)).toBe(1)
    policy.learn(left, { llm: 1, quality: 0, satisfied: undefined, costUsd: 1 })
    const drawn = Array.from({ length: 50 }, () => policy.choose(left, random))
    expect(drawn.filter((llm) => llm === 0).length).toBeGreaterThan(40)
  })

  it('counts offline outcomes as experience', () => {
    const rows = 120
    const embeddings = Array.from({ length: rows }, (_, row) => [row % 2 === 0 ? -1 : 1])
    const fitted = fitBetaThompson(
      sampleKnowledge({
        embeddings,
        quality: embeddings.flatMap(([place]) => (place! < 0 ? [1, 0] : [0, 1])),
        costUsd: embeddings.flatMap(() => [0.001, 0.001]),
        prices: [1, 1],
      }),
    )
    const policy = fitted.start({ lambda: 5, budgetUsd: undefined, costReferenceUsd: 0.001 })
    const random = new SeededRandom(4)
    const hits = Array.from({ length: 40 }, (_, i) => {
      const place = i % 2 === 0 ? -1 : 1
      return policy.choose(sampleRequest([place], [0, 1]), random) === (place < 0 ? 0 : 1)
    })
    expect(hits.every(Boolean)).toBe(true)
  })
})
