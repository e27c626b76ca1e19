import { describe, expect, test } from 'vitest'
import { billedCostUsd, billedNanoUsd } from './token-bill.ts'
import type { TokenPrice } from './token-price.ts'

const price: TokenPrice = {
  inputPerMillionTokensUsd: 3,
  outputPerMillionTokensUsd: 15,
  cachedInputPerMillionTokensUsd: 0.3,
  cacheWritePerMillionTokensUsd: 3.75,
  cacheWrite1hPerMillionTokensUsd: 6,
  reasoningPerMillionTokensUsd: 20,
  audioInputPerMillionTokensUsd: 40,
  cachedAudioInputPerMillionTokensUsd: 2.5,
  audioOutputPerMillionTokensUsd: 80,
}
const plain: TokenPrice = { inputPerMillionTokensUsd: 3, outputPerMillionTokensUsd: 15 }

describe('billedNanoUsd', () => {
  test('takes each kind of token at its price', () => {
    const usage = {
      inputTokens: 1_000,
      cachedInputTokens: 400,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 100,
      outputTokens: 50,
      reasoningTokens: 20,
    }
    // 300·3 + 400·.3 + 200·3.75 + 100·6 + 30·15 + 20·20 = 3220 millionths of a dollar.
    expect(billedNanoUsd(price, usage)).toBe(3_220_000)
    expect(billedCostUsd(price, usage)).toBe(0.00322)
  })

  test('takes speech at its own prices, from the cache and fresh', () => {
    const usage = {
      inputTokens: 100,
      audioInputTokens: 60,
      cachedInputTokens: 30,
      cachedAudioInputTokens: 10,
      outputTokens: 50,
      audioOutputTokens: 40,
    }
    // 20 text fresh, 20 text cached, 50 speech fresh, 10 speech cached; 10 text out, 40 speech out.
    expect(billedNanoUsd(price, usage)).toBe(1_000 * (20 * 3 + 20 * 0.3 + 50 * 40 + 10 * 2.5 + 10 * 15 + 40 * 80))
  })

  test('takes cached, written and hidden tokens at the prices of fresh and visible ones where they have none', () => {
    const usage = {
      inputTokens: 100,
      cachedInputTokens: 40,
      cacheWriteTokens: 30,
      outputTokens: 50,
      reasoningTokens: 20,
    }
    expect(billedNanoUsd(plain, usage)).toBe(1_050_000)
  })

  test('takes a long prompt at its tier, for the whole request', () => {
    const tier = { ...plain, aboveInputTokens: 99, inputPerMillionTokensUsd: 6 }
    const tiered = { ...plain, tiers: [tier] }
    expect(billedNanoUsd(tiered, { inputTokens: 99, outputTokens: 0 })).toBe(297_000)
    // Cached input counts to the limit.
    expect(billedNanoUsd(tiered, { inputTokens: 100, cachedInputTokens: 99, outputTokens: 0 })).toBe(600_000)
  })

  test('rounds once, half up', () => {
    const half = { inputPerMillionTokensUsd: 0.1255, outputPerMillionTokensUsd: 0.0005 }
    expect(billedNanoUsd(half, { inputTokens: 1, outputTokens: 0 })).toBe(126)
    expect(billedNanoUsd(half, { inputTokens: 1, outputTokens: 1 })).toBe(126)
    expect(billedNanoUsd(half, { inputTokens: 0, outputTokens: 3 })).toBe(2)
  })

  test('is exact where doubles are not', () => {
    const fine = { inputPerMillionTokensUsd: 0.0028125, outputPerMillionTokensUsd: 75.000001 }
    expect(billedNanoUsd(fine, { inputTokens: 1e9, outputTokens: 1e9 })).toBe(75_002_813_500_000)
  })

  test.each([
    ['no usage', undefined],
    ['a write for an hour', { inputTokens: 10, cacheWriteTokens: 5, cacheWrite1hTokens: 5, outputTokens: 1 }],
    ['spoken input', { inputTokens: 10, audioInputTokens: 1, outputTokens: 1 }],
    ['spoken output', { inputTokens: 10, outputTokens: 1, audioOutputTokens: 1 }],
    ['something beyond the list', { inputTokens: 10, outputTokens: 1, unpriced: ['web_search_requests'] }],
  ])('is not known for %s without a price', (_, usage) => {
    expect(billedNanoUsd(plain, usage)).toBeUndefined()
  })

  test('is not known without any price', () => {
    expect(billedNanoUsd(undefined, { inputTokens: 10, outputTokens: 1 })).toBeUndefined()
  })

  test.each([
    ['more cached than there is', { inputTokens: 10, cachedInputTokens: 11, outputTokens: 1 }],
    [
      'more written for an hour than at all',
      { inputTokens: 10, cacheWriteTokens: 1, cacheWrite1hTokens: 2, outputTokens: 1 },
    ],
    ['more hidden than there is', { inputTokens: 10, outputTokens: 1, reasoningTokens: 2 }],
    ['half a token', { inputTokens: 10.5, outputTokens: 1 }],
    ['no number', { inputTokens: Number.NaN, outputTokens: 1 }],
    [
      'cached speech that may or may not be',
      { inputTokens: 10, cachedInputTokens: 5, audioInputTokens: 5, outputTokens: 1 },
    ],
  ])('is not known where counts are no counts: %s', (_, usage) => {
    expect(billedNanoUsd(price, usage)).toBeUndefined()
  })

  test("the upstream's own bill wins, also where the list does not suffice", () => {
    const usage = { inputTokens: 10, outputTokens: 1, unpriced: ['service_tier:flex'], costUsd: 0.0000001255 }
    expect(billedNanoUsd(undefined, usage)).toBe(126)
  })
})
