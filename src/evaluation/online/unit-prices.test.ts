import { describe, expect, it } from 'vitest'
import { sampleKnowledge } from './__fixtures__/sample-knowledge.ts'
import { UnitPrices } from './unit-prices.ts'

const knowledge = sampleKnowledge({
  embeddings: [[1], [1]],
  quality: [1, 1, 1, 1],
  costUsd: [0.01, 0.02, 0.03, Number.NaN],
  prices: [4, 8],
})

describe('UnitPrices', () => {
  it('takes the listed price, or the bills over the tokens of their calls', () => {
    const listed = new UnitPrices(knowledge)
    expect([listed.of(0), listed.of(1)]).toEqual([0.004, 0.008])
    const tokens = { inputTokens: Float64Array.of(100, 500, 300, 1), outputTokens: Float64Array.of(400, 1500, 1200, 1) }
    const unlisted = { ...knowledge, prices: [undefined, undefined], rows: { ...knowledge.rows, ...tokens } }
    const billed = new UnitPrices(unlisted)
    // .04 USD for 2,000 tokens, and .02 for 2,000.
    expect([billed.of(0), billed.of(1)]).toEqual([expect.closeTo(0.02, 12), expect.closeTo(0.01, 12)])
    // Nothing recorded and nothing embedded: 300 tokens an answer.
    const bare = new UnitPrices({ ...knowledge, prices: [undefined, undefined] })
    expect(bare.of(1)).toBeCloseTo(0.02 / 0.3, 12)
  })

  it('counts an unknown price as the dearest', () => {
    const prices = new UnitPrices(knowledge)
    prices.added(0, undefined)
    expect(prices.of(0)).toBe(0.008)
    prices.changed(1, 2)
    expect(prices.of(0)).toBe(0.016)
  })
})
