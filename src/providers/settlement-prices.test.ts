import { describe, expect, test, vi } from 'vitest'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import { loadPriceBook } from './price-book.ts'
import { SettlementPrices } from './settlement-prices.ts'

const book = await loadPriceBook(Date.UTC(2026, 10, 22))
const clock = { now: () => Date.UTC(2026, 10, 22) }
const own = { inputPerMillionTokensUsd: 1.5, outputPerMillionTokensUsd: 7 }

function llm(provider: string, upstreamModel: string, price: Llm['price'] = own): Llm {
  return { ...unknownLlmProperties, id: 'mine', provider, upstreamModel, price }
}

function prices(): SettlementPrices {
  return new SettlementPrices(book, (name) => (name === 'work' ? 'openai' : name), clock)
}

describe('the price embeddings are settled at', () => {
  const model = {
    id: 'mine',
    provider: 'openai',
    upstreamModel: 'text-embedding-3-small',
    price: own,
    dimensions: undefined,
  }

  test.each([undefined, 'text-embedding-3-small', 'my-deployment'])('is the own one where %s answered', (reported) => {
    expect(prices().embeddingPriceOf(model, reported)).toBe(own)
  })

  test('is the list price of another model', () => {
    expect(prices().embeddingPriceOf(model, 'text-embedding-3-large')?.inputPerMillionTokensUsd).toBe(0.13)
    expect(prices().embeddingPriceOf(model, 'gpt-4o')?.inputPerMillionTokensUsd).toBe(2.5)
  })
})

describe('the price an answer is settled at', () => {
  test.each([
    ['openai', 'gpt-4o', 'gpt-4o'],
    ['openai', 'gpt-4o', 'gpt-4o-2024-08-06'],
    ['work', 'gpt-5', 'gpt-5-2025-08-07'],
    ['anthropic', 'claude-sonnet-4-0', 'claude-sonnet-4-20250514'],
    ['xai', 'grok-4', 'grok-4-0709'],
    ['mistral', 'mistral-large-latest', 'mistral-large-2411'],
    ['openrouter', 'someone/new-model', 'someone/new-model-2026-11-01'],
    // Names that nobody knows, and names behind which the owner put a model.
    ['openai', 'gpt-4o', 'fp_44709d'],
    ['openai', 'my-deployment', 'gpt-4o-2024-11-20'],
    ['my-server', 'llama', 'gpt-4o'],
    ['vllm', 'llama3', 'meta-llama/Llama-3-8B'],
  ])('is the own one where %s was asked for %s and says %s', (provider, asked, reported) => {
    expect(prices().priceOf(llm(provider, asked), reported)).toBe(own)
  })

  test('is the own one where nothing is said', () => {
    expect(prices().priceOf(llm('openai', 'gpt-4o'), undefined)).toBe(own)
  })

  test.each([
    ['openai', 'gpt-4o', 'gpt-4o-mini-2024-07-18', 0.15],
    // A dated form with a price of its own.
    ['openai', 'gpt-4o', 'gpt-4o-2024-05-13', 5],
    ['openrouter', 'openrouter/auto', 'anthropic/claude-sonnet-4', 3],
    ['openrouter', 'openai/gpt-4o', 'openai/gpt-4o-mini', 0.15],
  ])('is the list price of another model: %s, %s, %s', (provider, asked, reported, input) => {
    expect(prices().priceOf(llm(provider, asked), reported)?.inputPerMillionTokensUsd).toBe(input)
  })

  test('is that of what answered where the own one is not known', () => {
    const nameless: Llm = { ...llm('openai', 'my-deployment'), price: undefined }
    expect(prices().priceOf(nameless, 'gpt-4o-2024-11-20')?.inputPerMillionTokensUsd).toBe(2.5)
  })

  test('is not known where a router of upstreams took a model that nobody knows', () => {
    expect(prices().priceOf(llm('openrouter', 'openai/gpt-4o'), 'someone/new-model')).toBeUndefined()
    expect(prices().priceOf(llm('openrouter', 'openrouter/auto'), 'x'.repeat(100_000))).toBeUndefined()
  })

  test('is the list price of the hour, unless the owner states one', () => {
    let nowMs = Date.UTC(2026, 10, 22, 3)
    const listed = new SettlementPrices(book, (name) => name, { now: () => nowMs })
    const asked = {
      ...llm('deepseek', 'deepseek-chat'),
      id: 'listed',
      price: book.lookUp('deepseek', 'deepseek-chat').price,
    }
    const input = (of: Llm) => listed.priceOf(of, 'deepseek-chat')?.inputPerMillionTokensUsd
    expect(input(asked)).toBe(0.27)
    nowMs = Date.UTC(2026, 10, 22, 16, 29, 59)
    expect(input(asked)).toBe(0.27)
    nowMs = Date.UTC(2026, 10, 22, 16, 31)
    expect(input(asked)).toBe(0.135)
    expect(input(llm('deepseek', 'deepseek-chat'))).toBe(own.inputPerMillionTokensUsd)
  })

  test('is looked up once a name, and hostile names are not kept without bound', () => {
    const lookUp = vi.fn((provider: string, model: string) => book.lookUp(provider, model))
    const counted = new SettlementPrices({ ...book, lookUp }, (name) => name, clock)
    for (let i = 0; i < 5; i++) counted.priceOf(llm('openai', 'gpt-4o'), 'gpt-4o-mini')
    expect(lookUp).toHaveBeenCalledTimes(2)
    for (let i = 0; i < 3_000; i++) counted.priceOf(llm('openai', 'gpt-4o'), `model-${i}`)
    expect(counted.remembered).toBeLessThanOrEqual(1_000)
    expect(counted.priceOf(llm('openai', 'gpt-4o'), '__proto__')).toBe(own)
  })
})
