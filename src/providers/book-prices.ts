import type { ModelPrice } from '@pydantic/genai-prices'
import type { PriceTier, TokenPrice, TokenRates } from '../routing/registry/token-price.ts'

/**
 * A price as `@pydantic/genai-prices` has it. Its tiers are per kind of token and hold above `start`; kinds without one keep
 * their price.
 *
 * @returns undefined unless both input and output have a price.
 */
export function tieredPrice(prices: ModelPrice): TokenPrice | undefined {
  const base = ratesAt(prices, 0)
  if (base === undefined) return undefined
  const starts = new Set(
    Object.values(prices).flatMap((value) => (typeof value === 'object' ? value.tiers.map(({ start }) => start) : [])),
  )
  if (starts.size === 0) return base
  const tiers = [...starts]
    .sort((a, b) => a - b)
    .flatMap((start): PriceTier[] => {
      const rates = ratesAt(prices, start + 1)
      return rates === undefined ? [] : [{ aboveInputTokens: start, ...rates }]
    })
  return { ...base, tiers }
}

/**
 * The same where the book does not hold what Mistral gives for cached input of every model: a tenth of the input price
 * (docs.mistral.ai, prompt caching).
 */
export function withMistralCachePrice(price: TokenPrice): TokenPrice {
  const { tiers } = price
  const withCached = <T extends TokenRates>(rates: T): T => ({
    ...rates,
    cachedInputPerMillionTokensUsd: rates.cachedInputPerMillionTokensUsd ?? rates.inputPerMillionTokensUsd / 10,
  })
  return { ...withCached(price), ...(tiers === undefined ? {} : { tiers: tiers.map(withCached) }) }
}

function ratesAt(prices: ModelPrice, inputTokens: number): TokenRates | undefined {
  const amount = (name: string) => amountAt(prices[name], inputTokens)
  return tokenRates({
    input: amount('input_mtok'),
    output: amount('output_mtok'),
    cacheRead: amount('cache_read_mtok'),
    cacheWrite: amount('cache_write_mtok'),
    cacheWrite1h: amount('cache_write_1h_mtok'),
    reasoning: amount('output_reasoning_mtok'),
    audioInput: amount('input_audio_mtok'),
    cachedAudioInput: amount('cache_audio_read_mtok'),
    audioOutput: amount('output_audio_mtok'),
  })
}

function amountAt(value: ModelPrice[string], inputTokens: number): number | undefined {
  if (typeof value !== 'object') return value
  let amount = value.base
  let highest = Number.NEGATIVE_INFINITY
  for (const { start, price } of value.tiers) {
    if (inputTokens <= start || start <= highest) continue
    amount = price
    highest = start
  }
  return amount
}

/** Undefined unless both input and output have a price. */
export function tokenRates(usd: {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly cacheRead: number | undefined
  readonly cacheWrite: number | undefined
  readonly reasoning: number | undefined
  readonly cacheWrite1h?: number | undefined
  readonly audioInput?: number | undefined
  readonly cachedAudioInput?: number | undefined
  readonly audioOutput?: number | undefined
}): TokenRates | undefined {
  if (usd.input === undefined || usd.output === undefined) return undefined
  const rates: { -readonly [Kind in keyof TokenRates]: TokenRates[Kind] } = {
    inputPerMillionTokensUsd: usd.input,
    outputPerMillionTokensUsd: usd.output,
  }
  if (usd.cacheRead !== undefined) rates.cachedInputPerMillionTokensUsd = usd.cacheRead
  if (usd.cacheWrite !== undefined) rates.cacheWritePerMillionTokensUsd = usd.cacheWrite
  if (usd.cacheWrite1h !== undefined) rates.cacheWrite1hPerMillionTokensUsd = usd.cacheWrite1h
  if (usd.reasoning !== undefined) rates.reasoningPerMillionTokensUsd = usd.reasoning
  if (usd.audioInput !== undefined) rates.audioInputPerMillionTokensUsd = usd.audioInput
  if (usd.cachedAudioInput !== undefined) rates.cachedAudioInputPerMillionTokensUsd = usd.cachedAudioInput
  if (usd.audioOutput !== undefined) rates.audioOutputPerMillionTokensUsd = usd.audioOutput
  return rates
}
