/** A dollar a token: no price is near it, and far beyond it bills are no numbers any more. */
export const highestUsdPerMillionTokens = 1e6

/** What each kind of token costs, in USD per million tokens. A missing part is unknown, never zero. */
export interface TokenRates {
  readonly inputPerMillionTokensUsd: number
  readonly outputPerMillionTokensUsd: number
  /** Input read from the provider's prompt cache; the fresh-input price when not given. */
  readonly cachedInputPerMillionTokensUsd?: number
  /** Input written to the provider's prompt cache; the fresh-input price when not given. */
  readonly cacheWritePerMillionTokensUsd?: number
  /** The same where it is kept for an hour (Anthropic); not known when not given. */
  readonly cacheWrite1hPerMillionTokensUsd?: number
  /** Hidden reasoning tokens; the output price when not given. */
  readonly reasoningPerMillionTokensUsd?: number
  /** Spoken input, fresh and from the cache, and spoken output; not known when not given. */
  readonly audioInputPerMillionTokensUsd?: number
  readonly cachedAudioInputPerMillionTokensUsd?: number
  readonly audioOutputPerMillionTokensUsd?: number
}

/** Prices of long prompts: for all tokens of a request whose input, cached parts included, is above the limit. */
export interface PriceTier extends TokenRates {
  readonly aboveInputTokens: number
}

/** List price of one LLM. */
export interface TokenPrice extends TokenRates {
  /** In any order; of those whose limit is passed the highest counts. Each is a whole list, with the defaults of its own prices. */
  readonly tiers?: readonly PriceTier[]
}

/**
 * What an upstream says it counted. `inputTokens` is the total, with cached and cache-write tokens inside it;
 * `outputTokens` is the total, with reasoning tokens inside it.
 */
export interface TokenUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  /** All cache writes, those for an hour inside them. */
  readonly cacheWriteTokens?: number
  readonly cacheWrite1hTokens?: number
  readonly reasoningTokens?: number
  /** Spoken tokens, inside `inputTokens` and `outputTokens`. */
  readonly audioInputTokens?: number
  readonly audioOutputTokens?: number
  /** Spoken input that came from the cache: inside both `cachedInputTokens` and `audioInputTokens`. */
  readonly cachedAudioInputTokens?: number
  /**
   * What was billed beside tokens or at other prices than the list's, in the upstream's words: `web_search_requests`,
   * `service_tier:priority`. Without `costUsd` the bill is then not known.
   */
  readonly unpriced?: readonly string[]
  /** The upstream's own bill for this call, USD; wins over tokens × price. */
  readonly costUsd?: number
}

/**
 * The prices that hold for a request of this size. Allocates nothing.
 *
 * @param inputTokens the whole input, cached parts included; an estimate will do before the call.
 */
export function ratesFor(price: TokenPrice, inputTokens: number): TokenRates {
  const { tiers } = price
  if (tiers === undefined) return price
  let rates: TokenRates = price
  let highest = Number.NEGATIVE_INFINITY
  for (const tier of tiers) {
    if (inputTokens <= tier.aboveInputTokens || tier.aboveInputTokens <= highest) continue
    rates = tier
    highest = tier.aboveInputTokens
  }
  return rates
}

/** What a call is expected to cost, USD, where only sizes are known: fresh input and visible output (mathematics §3). */
export function expectedCostUsd(price: TokenPrice, inputTokens: number, outputTokens: number): number {
  const rates = ratesFor(price, inputTokens)
  return (inputTokens * rates.inputPerMillionTokensUsd + outputTokens * rates.outputPerMillionTokensUsd) / 1e6
}

/**
 * Money is booked in whole nano-USD, rounded once per request, half up. Fifteen digits are what a double keeps of a decimal
 * number: without them 0.0000001255 × 10⁹ would fall just short of its half.
 */
export function toNanoUsd(usd: number): number {
  return Math.round(Number((usd * 1e9).toPrecision(15)))
}
