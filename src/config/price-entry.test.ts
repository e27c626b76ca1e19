import { describe, expect, test } from 'vitest'
import { configFileSchema } from './schema.ts'
import { toPointsmanConfig } from './to-pointsman-config.ts'

function priceOf(price: unknown) {
  const file = configFileSchema.parse({
    providers: { p: { base_url: 'http://127.0.0.1:1/v1' } },
    llms: [{ id: 'a', provider: 'p', price }],
  })
  const around = { file: undefined, folder: '/', environment: {}, originOf: () => ({ kind: 'default' }) as never }
  return toPointsmanConfig(file, around).config.llms[0]?.price
}

describe('a price in the file', () => {
  test('needs two figures, and leaves unknown what it does not say', () => {
    expect(priceOf({ input: 1, output: 2 })).toEqual({ inputPerMillionTokensUsd: 1, outputPerMillionTokensUsd: 2 })
    expect(() => priceOf({ input: 1 })).toThrow(/output/)
  })

  test('may name each kind of token, and tiers of long prompts', () => {
    const all = {
      ...{ input: 1, output: 2, cached_input: 3, cache_write: 4, cache_write_1h: 5, reasoning: 6 },
      ...{ audio_input: 7, cached_audio_input: 8, audio_output: 9 },
    }
    const rates = {
      inputPerMillionTokensUsd: 1,
      outputPerMillionTokensUsd: 2,
      cachedInputPerMillionTokensUsd: 3,
      cacheWritePerMillionTokensUsd: 4,
      cacheWrite1hPerMillionTokensUsd: 5,
      reasoningPerMillionTokensUsd: 6,
      audioInputPerMillionTokensUsd: 7,
      cachedAudioInputPerMillionTokensUsd: 8,
      audioOutputPerMillionTokensUsd: 9,
    }
    expect(priceOf({ ...all, tiers: [{ above_input_tokens: 200_000, ...all }] })).toEqual({
      ...rates,
      tiers: [{ aboveInputTokens: 200_000, ...rates }],
    })
  })

  test.each([
    [{ input: 1, output: 2, tiers: [{ above_input_tokens: 0, input: 1, output: 2 }] }],
    [{ input: 1, output: 2, tiers: [{ above_input_tokens: 5, input: 1 }] }],
    [
      {
        input: 1,
        output: 2,
        tiers: [
          { above_input_tokens: 5, input: 1, output: 2 },
          { above_input_tokens: 5, input: 2, output: 2 },
        ],
      },
    ],
    [{ input: 1, output: 2, tiers: [{ input: 1, output: 2 }] }],
    [{ input: 1, output: 2, audio_input: -1 }],
    [{ input: 1, output: 2, cache_write_24h: 1 }],
  ])('is refused where it says nothing sound: %j', (price) => {
    expect(() => priceOf(price)).toThrow()
  })
})
