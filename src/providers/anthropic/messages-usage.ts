import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Beyond this a figure is a mistake, or a lie, and counts as not said. */
const maxTokens = 1e9

/** Server tools whose use costs no more than the tokens they bring in. */
const freeServerTools = new Set(['web_fetch_requests'])

/** Values of `inference_geo` that are billed at list price. */
const listPriceRegions = new Set(['global', 'not_available'])

/**
 * Reads the `usage` of a Messages answer. Anthropic counts three kinds of input beside each other: fresh, read from the cache
 * and written to it; ours is their sum. Thinking is inside the output.
 *
 * `unpriced`: server tools that are billed by use, tiers, speeds and regions with prices of their own, credits, and further passes
 * (`iterations`: compaction, advisors, fallbacks) whose tokens the totals leave out.
 *
 * @returns undefined when a total cannot be: half a count would be taken for a small bill.
 */
export function parseMessagesUsage(usage: unknown): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined
  const fresh = count(usage.input_tokens)
  const output = count(usage.output_tokens)
  const cached = count(usage.cache_read_input_tokens)
  const written = count(usage.cache_creation_input_tokens)
  if (typeof fresh !== 'number' || typeof output !== 'number') return undefined
  const written1h = count(
    isJsonObject(usage.cache_creation) ? usage.cache_creation.ephemeral_1h_input_tokens : undefined,
  )
  if ([cached, written, written1h].includes('impossible')) return undefined
  const details = isJsonObject(usage.output_tokens_details) ? usage.output_tokens_details : {}
  const thinking = count(details.thinking_tokens)
  const unpriced = unpricedOf(usage)
  return {
    inputTokens: fresh + orZero(cached) + orZero(written),
    outputTokens: output,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    ...(typeof written === 'number' ? { cacheWriteTokens: written } : {}),
    ...(typeof written1h === 'number' ? { cacheWrite1hTokens: written1h } : {}),
    ...(typeof thinking === 'number' ? { reasoningTokens: thinking } : {}),
    ...(unpriced.length === 0 ? {} : { unpriced }),
  }
}

/** What a later event says of the usage over what earlier ones said: its figures are cumulative, its nulls say nothing. */
export function mergedUsage(earlier: JsonObject, later: unknown): JsonObject {
  if (!isJsonObject(later)) return earlier
  const said = Object.entries(later).filter(([, value]) => value !== null && value !== undefined)
  return { ...earlier, ...Object.fromEntries(said) }
}

function unpricedOf(usage: JsonObject): readonly string[] {
  const {
    server_tool_use: tools,
    service_tier: tier,
    speed,
    inference_geo: region,
    iterations,
    fallback_credit: credit,
  } = usage
  const used = Object.entries(isJsonObject(tools) ? tools : {}).filter(
    ([name, uses]) => typeof uses === 'number' && uses > 0 && !freeServerTools.has(name),
  )
  const passes: readonly unknown[] = Array.isArray(iterations) ? iterations : []
  return [
    ...used.map(([name]) => name),
    ...(typeof tier === 'string' && tier !== 'standard' ? [`service_tier:${tier}`] : []),
    ...(typeof speed === 'string' && speed !== 'standard' ? [`speed:${speed}`] : []),
    ...(typeof region === 'string' && region !== '' && !listPriceRegions.has(region)
      ? [`inference_geo:${region}`]
      : []),
    ...(passes.some((pass) => isJsonObject(pass) && pass.type !== 'message') ? ['iterations'] : []),
    ...(isJsonObject(credit) ? ['fallback_credit'] : []),
  ]
}

function count(value: unknown): number | 'absent' | 'impossible' {
  if (value === undefined || value === null) return 'absent'
  return typeof value === 'number' && value >= 0 && value <= maxTokens ? value : 'impossible'
}

function orZero(figure: ReturnType<typeof count>): number {
  return typeof figure === 'number' ? figure : 0
}
