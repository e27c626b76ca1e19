import type { TokenUsage } from '../routing/registry/token-price.ts'

/** Billed as the price list says: OpenAI's `default`, Anthropic's and Gemini's `standard`, Groq's `on_demand`. */
const listTiers: ReadonlySet<string> = new Set(['default', 'standard', 'auto', 'on_demand', ''])

/** Upstreams may send any text. */
const maxNameLength = 40

/**
 * Usage of an answer that says at which service tier it was made. Flex, priority, scale and batch have prices of their own,
 * which the list does not hold: they are noted as `unpriced`, so that the bill is not known unless the upstream tells it.
 *
 * @param serviceTier as the upstream wrote it, beside its usage or inside; anything but text says nothing.
 */
export function withServiceTier(usage: TokenUsage | undefined, serviceTier: unknown): TokenUsage | undefined {
  if (usage === undefined || typeof serviceTier !== 'string') return usage
  const tier = serviceTier.toLowerCase()
  if (listTiers.has(tier)) return usage
  return { ...usage, unpriced: [...(usage.unpriced ?? []), `service_tier:${tier.slice(0, maxNameLength)}`] }
}
