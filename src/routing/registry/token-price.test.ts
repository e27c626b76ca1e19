import { describe, expect, test } from 'vitest'
import { expectedCostUsd, ratesFor, type TokenPrice, toNanoUsd } from './token-price.ts'

const tiered: TokenPrice = {
  inputPerMillionTokensUsd: 1,
  outputPerMillionTokensUsd: 10,
  tiers: [
    { aboveInputTokens: 500_000, inputPerMillionTokensUsd: 4, outputPerMillionTokensUsd: 20 },
    { aboveInputTokens: 200_000, inputPerMillionTokensUsd: 2, outputPerMillionTokensUsd: 15 },
  ],
}

describe('ratesFor', () => {
  test('takes the highest limit that is passed, whatever the order', () => {
    expect(ratesFor(tiered, 200_000)).toBe(tiered)
    expect(ratesFor(tiered, 200_001)).toBe(tiered.tiers?.[1])
    expect(ratesFor(tiered, 500_001)).toBe(tiered.tiers?.[0])
  })
})

test('a long prompt is expected to cost its tier, all of it', () => {
  expect(expectedCostUsd(tiered, 200_000, 100)).toBeCloseTo(0.201, 12)
  expect(expectedCostUsd(tiered, 300_000, 100)).toBeCloseTo(0.6015, 12)
})

describe('toNanoUsd', () => {
  test.each([
    [0.0000001255, 126],
    [0.0000001254, 125],
    [1.0000000005, 1_000_000_001],
    [0.0000000005, 1],
    [0.00000000049, 0],
    [9_999.9999999995, 10_000_000_000_000],
    [0, 0],
  ])('%d USD are %d', (usd, nanoUsd) => {
    expect(toNanoUsd(usd)).toBe(nanoUsd)
  })
})
