/** List price of one LLM, in USD per million tokens. A missing part is unknown, never zero. */
export interface TokenPrice {
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
  /** Spoken input and output; not known when not given. */
  readonly audioInputPerMillionTokensUsd?: number
  readonly audioOutputPerMillionTokensUsd?: number
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
  /**
   * What was billed beside tokens or at other prices than the list's, in the upstream's words: `web_search_requests`,
   * `service_tier:priority`. Without `costUsd` the bill is then not known.
   */
  readonly unpriced?: readonly string[]
  /** The upstream's own bill for this call, USD; wins over tokens × price. */
  readonly costUsd?: number
}

/** USD of one call at list price: each kind of token at its price (mathematics §3). */
export function tokenCostUsd(price: TokenPrice, usage: TokenUsage): number {
  const cached = usage.cachedInputTokens ?? 0
  const written = usage.cacheWriteTokens ?? 0
  const reasoning = usage.reasoningTokens ?? 0
  const fresh = Math.max(0, usage.inputTokens - cached - written)
  const visible = Math.max(0, usage.outputTokens - reasoning)
  return (
    (fresh * price.inputPerMillionTokensUsd +
      cached * (price.cachedInputPerMillionTokensUsd ?? price.inputPerMillionTokensUsd) +
      written * (price.cacheWritePerMillionTokensUsd ?? price.inputPerMillionTokensUsd) +
      visible * price.outputPerMillionTokensUsd +
      reasoning * (price.reasoningPerMillionTokensUsd ?? price.outputPerMillionTokensUsd)) /
    1e6
  )
}

/** What a call was billed, or undefined when neither the upstream nor the price table says. */
export function billedCostUsd(price: TokenPrice | undefined, usage: TokenUsage | undefined): number | undefined {
  if (usage === undefined) return undefined
  if (usage.costUsd !== undefined) return usage.costUsd
  return price === undefined ? undefined : tokenCostUsd(price, usage)
}

/** Money is booked in whole nano-USD, rounded once per request. */
export function toNanoUsd(usd: number): number {
  return Math.round(usd * 1e9)
}
