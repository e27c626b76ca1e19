import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Beyond these a figure is an upstream's mistake, or a lie, and counts as not said. */
const maxTokens = 1e9
const maxCostUsd = 10_000

/** Of xAI's bills. */
const ticksPerUsd = 1e10

/**
 * Reads the `usage` object of an OpenAI-compatible answer, with the fields its dialects add.
 *
 * - Cached input: `prompt_tokens_details.cached_tokens` (OpenAI and most), `prompt_cache_hit_tokens` (DeepSeek).
 * - Cache writes: `prompt_tokens_details.cache_write_tokens` (OpenRouter), `cache_creation_input_tokens` (proxies of
 *   Anthropic's API); those kept for an hour in `cache_write_1h_tokens`, a name of our own neutral form.
 * - Speech: `audio_tokens` on both sides (OpenAI).
 * - Reasoning: `completion_tokens_details.reasoning_tokens`. xAI counts it beside `completion_tokens`, all others inside;
 *   `total_tokens` tells which.
 * - Bill: `cost`, USD (OpenRouter); on a key of one's own it is OpenRouter's share only, and the rest is in
 *   `cost_details.upstream_inference_cost`. `cost_in_usd_ticks`, 10¹⁰ to the USD (xAI), searches included.
 * - A total above what is counted: something was billed, nobody knows as what.
 *
 * Figures that cannot be (negative, half a token, above 10⁹ tokens or 10,000 USD) are unknown.
 *
 * @returns undefined when there is no usable count, or when the input or output count cannot be: half a count would be
 *   taken for a small bill.
 */
export function parseUsage(usage: unknown): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined
  const inputTokens = count(usage.prompt_tokens)
  const completionTokens = count(usage.completion_tokens)
  if (inputTokens === undefined && completionTokens === undefined) return undefined
  if (isImpossible(usage.prompt_tokens) || isImpossible(usage.completion_tokens)) return undefined

  const inputDetails = isJsonObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {}
  const outputDetails = isJsonObject(usage.completion_tokens_details) ? usage.completion_tokens_details : {}
  const cachedInputTokens = count(inputDetails.cached_tokens) ?? count(usage.prompt_cache_hit_tokens)
  const cacheWriteTokens = count(inputDetails.cache_write_tokens) ?? count(usage.cache_creation_input_tokens)
  const cacheWrite1hTokens = count(inputDetails.cache_write_1h_tokens)
  const audioInputTokens = count(inputDetails.audio_tokens)
  const audioOutputTokens = count(outputDetails.audio_tokens)
  const reasoningTokens = count(outputDetails.reasoning_tokens)
  const costUsd = billedUsd(usage)
  const totalTokens = count(usage.total_tokens)
  const saidTokens = (inputTokens ?? 0) + (completionTokens ?? 0)
  const reasoningApart = isSome(reasoningTokens) && totalTokens === saidTokens + reasoningTokens
  const countedTokens = saidTokens + (reasoningApart ? reasoningTokens : 0)
  const unpriced = [
    ...searchedSources(usage),
    ...(totalTokens !== undefined && totalTokens > countedTokens ? ['uncounted_tokens'] : []),
    ...(costUsd === undefined && usage.is_byok === true ? ['is_byok'] : []),
  ]
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: countedTokens - (inputTokens ?? 0),
    ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
    ...(cacheWrite1hTokens === undefined ? {} : { cacheWrite1hTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    // Most answers name none of these, which says no more than leaving them out.
    ...(isSome(audioInputTokens) ? { audioInputTokens } : {}),
    ...(isSome(audioOutputTokens) ? { audioOutputTokens } : {}),
    ...(unpriced.length === 0 ? {} : { unpriced }),
    ...(costUsd === undefined ? {} : { costUsd }),
  }
}

function billedUsd(usage: JsonObject): number | undefined {
  if (typeof usage.cost_in_usd_ticks === 'number') return xAiBillUsd(usage)
  const cost = dollars(usage.cost)
  if (cost === undefined || usage.is_byok !== true) return cost
  const details = isJsonObject(usage.cost_details) ? usage.cost_details : {}
  return dollars(cost + (dollars(details.upstream_inference_cost) ?? Number.NaN))
}

/** xAI's exact bill, which its chat completions and its Responses API tell alike; undefined where there is none. */
export function xAiBillUsd({ cost_in_usd_ticks: ticks }: JsonObject): number | undefined {
  return typeof ticks === 'number' ? dollars(ticks / ticksPerUsd) : undefined
}

/** xAI bills its live search by the source. */
function searchedSources(usage: JsonObject): readonly string[] {
  return isSome(count(usage.num_sources_used)) ? ['num_sources_used'] : []
}

function isSome(value: number | undefined): value is number {
  return value !== undefined && value > 0
}

function isImpossible(value: unknown): boolean {
  return value !== undefined && value !== null && count(value) === undefined
}

function count(value: unknown): number | undefined {
  return Number.isInteger(value) ? within(maxTokens, value) : undefined
}

function dollars(value: unknown): number | undefined {
  return within(maxCostUsd, value)
}

function within(max: number, value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= max ? value : undefined
}
