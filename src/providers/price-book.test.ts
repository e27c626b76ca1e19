import { describe, expect, it } from 'vitest'
import { loadPriceBook } from './price-book.ts'

const book = await loadPriceBook(Date.UTC(2026, 10, 22))

describe('the price book', () => {
  // List prices as their providers publish them, USD per million tokens.
  it.each([
    ['openai', 'gpt-4o', 2.5, 10, 1.25],
    ['openai', 'gpt-4o-2024-11-20', 2.5, 10, 1.25],
    ['openai', 'gpt-4o-mini', 0.15, 0.6, 0.075],
    ['openai', 'o3-mini', 1.1, 4.4, 0.55],
    ['openai', 'o3', 2, 8, 0.5],
    ['openrouter', 'anthropic/claude-sonnet-4', 3, 15, 0.3],
    ['openrouter', 'openai/gpt-4o-mini', 0.15, 0.6, 0.075],
    ['groq', 'llama-3.3-70b-versatile', 0.59, 0.79, undefined],
    ['xai', 'grok-4', 3, 15, 0.75],
    ['together', 'meta-llama/Llama-3.3-70B-Instruct-Turbo', 0.88, 0.88, undefined],
  ] as const)('knows %s %s', (provider, model, input, output, cached) => {
    const { price, priceSource } = book.lookUp(provider, model)
    expect(price?.inputPerMillionTokensUsd).toBe(input)
    expect(price?.outputPerMillionTokensUsd).toBe(output)
    expect(price?.cachedInputPerMillionTokensUsd).toBe(cached)
    expect(priceSource).toBe('genai-prices')
  })

  it('knows the price of writing to the cache', () => {
    expect(book.lookUp('openrouter', 'anthropic/claude-sonnet-4').price?.cacheWritePerMillionTokensUsd).toBe(3.75)
  })

  it('knows what Mistral gives for cached input, whose list has no such price', () => {
    const { price } = book.lookUp('mistral', 'mistral-large-latest')
    expect(price?.cachedInputPerMillionTokensUsd).toBe(price!.inputPerMillionTokensUsd / 10)
  })

  it('knows the tiers of long prompts, a whole list each', () => {
    expect(book.lookUp('anthropic', 'claude-sonnet-4-5').price).toEqual({
      inputPerMillionTokensUsd: 3,
      outputPerMillionTokensUsd: 15,
      cachedInputPerMillionTokensUsd: 0.3,
      cacheWritePerMillionTokensUsd: 3.75,
      cacheWrite1hPerMillionTokensUsd: 6,
      tiers: [
        {
          aboveInputTokens: 200_000,
          inputPerMillionTokensUsd: 6,
          outputPerMillionTokensUsd: 22.5,
          cachedInputPerMillionTokensUsd: 0.6,
          cacheWritePerMillionTokensUsd: 7.5,
          cacheWrite1hPerMillionTokensUsd: 12,
        },
      ],
    })
    const [tier] = book.lookUp('gemini', 'gemini-2.5-pro').price?.tiers ?? []
    expect(tier).toMatchObject({ aboveInputTokens: 200_000, inputPerMillionTokensUsd: 2.5 })
  })

  it('knows the price of speech', () => {
    expect(book.lookUp('gemini', 'gemini-2.5-flash').price).toMatchObject({ audioInputPerMillionTokensUsd: 1 })
  })

  it('knows embedding models, which have no output to price', () => {
    const price = { inputPerMillionTokensUsd: 0.02, outputPerMillionTokensUsd: 0 }
    expect(book.embeddingPrice('openai', 'text-embedding-3-small')).toEqual(price)
    expect(book.lookUp('openai', 'text-embedding-3-small').price).toBeUndefined()
    expect(book.embeddingPrice('openai', 'no-such-model')).toBeUndefined()
    expect(book.embeddingPrice('ollama', 'nomic-embed-text')).toMatchObject({ inputPerMillionTokensUsd: 0 })
  })

  it('gives prices of the time asked for: o3 became cheaper on 10 June 2025', async () => {
    const earlier = await loadPriceBook(Date.UTC(2025, 5, 1))
    expect(earlier.lookUp('openai', 'o3').price?.inputPerMillionTokensUsd).toBe(10)
  })

  it('leaves unknown what is not known', () => {
    const nothing = { price: undefined, priceSource: undefined, capabilities: {} }
    expect(book.lookUp('openai', 'no-such-model')).toEqual(nothing)
    expect(book.lookUp('my-own-server', 'gpt-4o')).toEqual(nothing)
    expect(book.lookUp('groq', 'gpt-4o')).toEqual(nothing)
  })

  it.each(['constructor', 'toString', 'valueOf', '__proto__'])('knows nothing of what is called %s', (name) => {
    const nothing = { price: undefined, priceSource: undefined, capabilities: {} }
    expect(book.lookUp(name, name)).toEqual(nothing)
    expect(book.lookUp('openai', name)).toEqual(nothing)
    expect(book.lookUp('openrouter', `${name}/${name}`)).toEqual(nothing)
    expect(book.embeddingPrice(name, name)).toBeUndefined()
  })

  it.each([
    ['openai', 'gpt-4o', undefined],
    ['openai', 'gpt-4.1', undefined],
    ['openai', 'o3', undefined],
    ['anthropic', 'claude-sonnet-4-20250514', undefined],
    ['gemini', 'gemini-2.5-pro', true],
  ])('takes the silence of the catalogue on documents for no word: %s %s', (provider, model, files) => {
    const { capabilities } = book.lookUp(provider, model)
    expect(capabilities.vision).toBe(true)
    expect(capabilities.files).toBe(files)
  })

  it('takes no price of a model for that of its variant', () => {
    const { price, capabilities } = book.lookUp('openrouter', 'openai/gpt-4o-mini:free')
    expect(price).toBeUndefined()
    expect(capabilities.tools).toBe(true)
  })

  it('declares local servers free', () => {
    for (const provider of ['ollama', 'vllm']) {
      expect(book.lookUp(provider, 'llama3')).toMatchObject({
        price: { inputPerMillionTokensUsd: 0, outputPerMillionTokensUsd: 0 },
        priceSource: 'local',
      })
    }
  })

  it.each([
    [
      'openai',
      'gpt-4o',
      { contextWindowTokens: 128_000, maxOutputTokens: 16_384, tools: true, vision: true, reasoning: false },
    ],
    ['openai', 'o3-mini', { contextWindowTokens: 200_000, vision: false, reasoning: true }],
    ['openai', 'gpt-4o-2024-08-06', { maxOutputTokens: 16_384, tools: true }],
    ['openrouter', 'anthropic/claude-sonnet-4', { contextWindowTokens: 200_000, vision: true }],
    // The price data still has its first window of 64,000.
    ['deepseek', 'deepseek-chat', { contextWindowTokens: 128_000 }],
  ])('knows what %s %s can do', (provider, model, expected) => {
    expect(book.lookUp(provider, model).capabilities).toMatchObject(expected)
  })
})
