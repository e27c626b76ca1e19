import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { withServiceTier } from '../service-tier.ts'
import { bedrockTraits } from './bedrock-model.ts'

/** Beyond this a figure is a mistake, or a lie, and counts as not said. */
const maxTokens = 1e9

/**
 * Reads `usage` of a Converse answer or of its last stream event, `serviceTier` and `performanceConfig` beside it.
 *
 * By AWS's guide to prompt caching `inputTokens` is what was neither read from the cache nor written to it; ours is their sum.
 * Streams of OpenAI's models were measured to count cached tokens inside all the same, and then a sum would count them twice. Whole
 * answers cannot be told apart from them: such usage is marked as of unknown price.
 *
 * @returns undefined when a total cannot be: half a count would be taken for a small bill.
 */
export function parseConverseUsage(carrier: JsonObject, upstreamModel: string): TokenUsage | undefined {
  const { usage, serviceTier, performanceConfig } = carrier
  if (!isJsonObject(usage)) return undefined
  const fresh = count(usage.inputTokens)
  const outputTokens = count(usage.outputTokens)
  if (fresh === undefined || outputTokens === undefined) return undefined
  const cached = count(usage.cacheReadInputTokens)
  const written = count(usage.cacheWriteInputTokens)
  if ([usage.cacheReadInputTokens, usage.cacheWriteInputTokens].some(isImpossible)) return undefined
  const beside = (cached ?? 0) + (written ?? 0)
  const isAmbiguous = beside > 0 && fresh >= beside && bedrockTraits(upstreamModel).family === 'openai'
  const written1h = writtenForAnHour(usage.cacheDetails)
  const unpriced = [...(isAmbiguous ? ['cached_input'] : []), ...latencyOf(performanceConfig)]
  const tokens: TokenUsage = {
    inputTokens: isAmbiguous ? fresh : fresh + beside,
    outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: cached }),
    ...(written === undefined ? {} : { cacheWriteTokens: written }),
    ...(written1h === undefined ? {} : { cacheWrite1hTokens: written1h }),
    ...(unpriced.length === 0 ? {} : { unpriced }),
  }
  return withServiceTier(tokens, isJsonObject(serviceTier) ? serviceTier.type : undefined)
}

function writtenForAnHour(details: unknown): number | undefined {
  const list: readonly unknown[] = Array.isArray(details) ? details : []
  const tokens = list.flatMap((detail) =>
    isJsonObject(detail) && detail.ttl === '1h' ? [count(detail.inputTokens)] : [],
  )
  return tokens.length === 0 ? undefined : tokens.reduce<number>((sum, each) => sum + (each ?? 0), 0)
}

/** Models made faster have a price of their own. */
function latencyOf(config: unknown): readonly string[] {
  return isJsonObject(config) && config.latency === 'optimized' ? ['latency:optimized'] : []
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && !isImpossible(value) ? value : undefined
}

function isImpossible(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'number' && value >= 0 && value <= maxTokens)
}
