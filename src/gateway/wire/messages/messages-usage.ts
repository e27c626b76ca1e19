import type { JsonObject } from '../../../providers/chat-provider.ts'
import type { TokenUsage } from '../../../routing/registry/token-price.ts'

/**
 * Usage as this API counts it: `input_tokens` are the fresh ones, those read from and written to the cache beside them.
 * Its readers rely on numbers, so that what is not known is 0; whether the bill is known says `pointsman.cost_usd`.
 */
export function toMessagesUsage(usage: TokenUsage | undefined): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, reasoningTokens } =
    usage ?? { inputTokens: 0, outputTokens: 0 }
  const cached = cachedInputTokens ?? 0
  const written = cacheWriteTokens ?? 0
  const forAnHour = Math.min(written, cacheWrite1hTokens ?? 0)
  return {
    input_tokens: Math.max(0, inputTokens - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    ...(cacheWrite1hTokens === undefined
      ? {}
      : {
          cache_creation: {
            ephemeral_5m_input_tokens: written - forAnHour,
            ephemeral_1h_input_tokens: forAnHour,
          },
        }),
    output_tokens: outputTokens,
    ...(reasoningTokens === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  }
}
