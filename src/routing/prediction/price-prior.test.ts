import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Llm, unknownLlmProperties } from '../registry/llm.ts'
import { priceCostReferenceUsd, priceQualityPrior } from './price-prior.ts'

function llm(outputPrice: number | undefined, quality?: number): Llm {
  const price =
    outputPrice === undefined
      ? undefined
      : { inputPerMillionTokensUsd: outputPrice / 4, outputPerMillionTokensUsd: outputPrice }
  return { ...unknownLlmProperties, id: 'a', provider: 'p', upstreamModel: 'a', price, quality }
}

describe('priceQualityPrior', () => {
  test('hand-worked: .6 at ten cents, .7 at one dollar, .8 at ten; held to [.4, .9]', () => {
    expect([0.1, 1, 10, 1e9, 0].map((price) => priceQualityPrior(llm(price)))).toEqual([
      expect.closeTo(0.6, 12),
      0.7,
      expect.closeTo(0.8, 12),
      0.9,
      0.4,
    ])
  })

  test('the owner’s word wins; an unknown price is the middle', () => {
    expect(priceQualityPrior(llm(10, 0.33))).toBe(0.33)
    expect(priceQualityPrior(llm(undefined))).toBe(0.65)
  })

  test('law: never falls as the price rises', () => {
    const price = fc.double({ min: 0, max: 1e4, noNaN: true })
    fc.assert(
      fc.property(price, price, (a, b) => {
        expect(priceQualityPrior(llm(Math.max(a, b)))).toBeGreaterThanOrEqual(priceQualityPrior(llm(Math.min(a, b))))
      }),
    )
  })
})

describe('priceCostReferenceUsd', () => {
  test('hand-worked: 500 tokens in and 300 out at the dearest price', () => {
    expect(priceCostReferenceUsd([llm(1), llm(10), llm(undefined)])).toBeCloseTo((500 * 2.5 + 300 * 10) / 1e6, 15)
  })

  test('without a price above 0 any scale serves', () => {
    expect(priceCostReferenceUsd([llm(undefined), llm(0)])).toBe(1)
  })
})
