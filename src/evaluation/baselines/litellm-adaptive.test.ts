import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { sampleKnowledge, sampleRequest } from '../online/__fixtures__/sample-knowledge.ts'
import { UnitPrices } from '../online/unit-prices.ts'
import { BetaCells, fitLiteLlmAdaptive, LiteLlmAdaptive } from './litellm-adaptive.ts'
import { requestTypes } from './request-type.ts'

const general = requestTypes.indexOf('general')
const twoLlms = sampleKnowledge({ embeddings: [[1]], quality: [0.5, 0.5], costUsd: [1, 2], prices: [1, 3] })

describe('BetaCells', () => {
  it('drops an observation that would take α + β beyond the limit', () => {
    const cells = new BetaCells(1)
    for (let i = 0; i < 500; i++) cells.observe(0, 0, 1, 200)
    // 5 + 5 at the start, 190 more.
    expect(cells.of(0, 0)).toEqual([195, 5])
    cells.observe(0, 0, 0, 200)
    expect(cells.of(0, 0)).toEqual([195, 5])
    expect(cells.of(1, 0)).toEqual([5, 5])
  })

  it('caps an evaluation at its mass and keeps the mean', () => {
    const cells = new BetaCells(1)
    cells.addEvaluation(0, 0, 85, 5, 50)
    expect(cells.of(0, 0)[0]).toBeCloseTo(45, 12)
    expect(cells.of(0, 0)[1]).toBeCloseTo(5, 12)
    cells.addEvaluation(1, 0, 2, 0, 50)
    expect(cells.of(1, 0)).toEqual([7, 5])
  })
})

describe('LiteLlmAdaptive', () => {
  it('weighs the draw against cheapness', () => {
    const random = new SeededRandom(2)
    const shares = [0.9, 0.3].map((qualityWeight) => {
      const cells = new BetaCells(2)
      cells.addEvaluation(general, 0, 1000, 1000, 4000)
      cells.addEvaluation(general, 1, 1600, 400, 4000)
      const policy = new LiteLlmAdaptive(cells, new UnitPrices(twoLlms), qualityWeight)
      const request = sampleRequest([1], [0, 1])
      return Array.from({ length: 200 }, () => policy.choose(request, random)).filter((llm) => llm === 1).length / 200
    })
    // .9·(.8 − .5) > .1, but .3·.3 < .7: means that certain leave the draw no room.
    expect(shares).toEqual([1, 0])
  })

  it('learns per type, and no more once a cell is full', () => {
    const cells = new BetaCells(2)
    const policy = new LiteLlmAdaptive(cells, new UnitPrices(twoLlms), 0.99)
    const coding = sampleRequest([1], [0, 1], 'write a python script')
    for (let i = 0; i < 300; i++) policy.learn(coding, { llm: 0, quality: 0.5, satisfied: undefined, costUsd: 1 })
    expect(cells.of(0, 0)).toEqual([100, 100])
    expect(cells.of(general, 0)).toEqual([5, 5])
  })

  it('starts a newcomer from the middle tier and follows prices', () => {
    const random = new SeededRandom(3)
    const knowledge = sampleKnowledge({
      embeddings: Array.from({ length: 60 }, () => [1]),
      quality: Array.from({ length: 60 }, () => [0.6, 0.6, Number.NaN]).flat(),
      costUsd: Array.from({ length: 60 }, () => [0.001, 0.002, Number.NaN]).flat(),
      prices: [1, 2, 1],
      newcomers: [2],
    })
    const policy = fitLiteLlmAdaptive(knowledge).start({ lambda: 0.01, budgetUsd: undefined, costReferenceUsd: 0.002 })
    const request = sampleRequest([1], [0, 1])
    const share = () =>
      Array.from({ length: 100 }, () => policy.choose(request, random)).filter((llm) => llm === 0).length
    expect(share()).toBeGreaterThan(90)
    policy.priceChanged(0, 100)
    expect(share()).toBeLessThan(10)
  })
})
