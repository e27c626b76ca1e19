import { ratesFor, type TokenPrice, type TokenUsage, toNanoUsd } from './token-price.ts'

/**
 * What a call was billed, whole nano-USD: the upstream's own bill where it says one, else each kind of token at its price,
 * summed exactly and rounded once, half up (mathematics §3).
 *
 * @returns undefined when it is not known: no usage, no price, something billed beyond the price list, tokens of a kind whose
 *   price is not known, or counts that contradict each other.
 */
export function billedNanoUsd(price: TokenPrice | undefined, usage: TokenUsage | undefined): number | undefined {
  if (usage === undefined) return undefined
  if (usage.costUsd !== undefined) return toNanoUsd(usage.costUsd)
  if (price === undefined || (usage.unpriced !== undefined && usage.unpriced.length > 0)) return undefined
  return tokenCostNanoUsd(price, usage)
}

/** {@link billedNanoUsd} in USD. */
export function billedCostUsd(price: TokenPrice | undefined, usage: TokenUsage | undefined): number | undefined {
  const nanoUsd = billedNanoUsd(price, usage)
  return nanoUsd === undefined ? undefined : nanoUsd / 1e9
}

/** The part of {@link billedNanoUsd} that follows from tokens and prices alone. */
export function tokenCostNanoUsd(price: TokenPrice, usage: TokenUsage): number | undefined {
  const { inputTokens, outputTokens } = usage
  const cached = usage.cachedInputTokens ?? 0
  const written = usage.cacheWriteTokens ?? 0
  const writtenFor1h = usage.cacheWrite1hTokens ?? 0
  const reasoning = usage.reasoningTokens ?? 0
  const spoken = usage.audioInputTokens ?? 0
  const spokenOutput = usage.audioOutputTokens ?? 0
  // Which of the cached or written tokens were spoken is not said: they have other prices than text.
  if (spoken > 0 && (written > 0 || (cached > 0 && usage.cachedAudioInputTokens === undefined))) return undefined
  const cachedSpoken = usage.cachedAudioInputTokens ?? 0
  const rates = ratesFor(price, inputTokens)
  const { inputPerMillionTokensUsd: input, outputPerMillionTokensUsd: output } = rates
  return sumNanoUsd([
    [inputTokens - cached - written - (spoken - cachedSpoken), input],
    [cached - cachedSpoken, rates.cachedInputPerMillionTokensUsd ?? input],
    [written - writtenFor1h, rates.cacheWritePerMillionTokensUsd ?? input],
    [writtenFor1h, rates.cacheWrite1hPerMillionTokensUsd],
    [spoken - cachedSpoken, rates.audioInputPerMillionTokensUsd],
    [cachedSpoken, rates.cachedAudioInputPerMillionTokensUsd],
    [outputTokens - reasoning - spokenOutput, output],
    [reasoning, rates.reasoningPerMillionTokensUsd ?? output],
    [spokenOutput, rates.audioOutputPerMillionTokensUsd],
  ])
}

/** 10⁻¹⁵ USD per token and nine decimals of a price per million: finer than any list. */
const decimalsOfPrice = 1e9
const femtoPerNano = 1_000_000n

/** In integers: sums of doubles would now and then fall on the other side of a half. */
function sumNanoUsd(parts: readonly (readonly [tokens: number, perMillionUsd: number | undefined])[]) {
  let femtoUsd = 0n
  for (const [tokens, perMillionUsd] of parts) {
    if (tokens === 0) continue
    // A part greater than its whole: whichever count is wrong, the bill would be a guess.
    if (perMillionUsd === undefined || tokens < 0 || !Number.isSafeInteger(tokens)) return undefined
    femtoUsd += BigInt(tokens) * BigInt(Math.round(perMillionUsd * decimalsOfPrice))
  }
  return Number((femtoUsd + femtoPerNano / 2n) / femtoPerNano)
}
