import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import { xAiBillUsd } from '../openai-compatible/usage.ts'
import { withServiceTier } from '../service-tier.ts'

/** Beyond it a figure is an upstream's mistake, or a lie, and counts as not said. */
const maxTokens = 1e9

/** Output items whose cost is in the tokens, or that cost nothing; any other stands for a hosted tool that is billed by itself. */
const unbilledItems: ReadonlySet<unknown> = new Set([
  ...['message', 'reasoning', 'function_call', 'custom_tool_call', 'mcp_list_tools', 'mcp_approval_request'],
  ...['mcp_call', 'local_shell_call', 'apply_patch_call', 'computer_call', 'tool_search_call', 'compaction'],
  ...['function_call_output', 'custom_tool_call_output', 'local_shell_call_output', 'apply_patch_call_output'],
  // Where a tool ran at OpenAI, its call is what is billed.
  ...['computer_call_output', 'tool_search_output', 'shell_call_output', 'mcp_approval_response', 'additional_tools'],
  'configuration_update',
])

/**
 * Usage of a response: its counts of tokens, and what of it has prices of its own (hosted tools that ran, cache writes for
 * twelve hours, tiers of service) as `unpriced`.
 *
 * @returns undefined when input or output is not said, or cannot be.
 */
export function responsesUsage(response: JsonObject): TokenUsage | undefined {
  const { usage } = response
  if (!isJsonObject(usage)) return undefined
  const inputTokens = count(usage.input_tokens)
  const outputTokens = count(usage.output_tokens)
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  const input = objectOf(usage.input_tokens_details)
  const cachedInputTokens = count(input.cached_tokens)
  const cacheWriteTokens = count(input.cache_write_tokens)
  const reasoningTokens = count(objectOf(usage.output_tokens_details).reasoning_tokens)
  const unpriced = unpricedOf(response, input)
  const costUsd = xAiBillUsd(usage)
  const counted: TokenUsage = {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...(unpriced.length === 0 ? {} : { unpriced }),
    ...(costUsd === undefined ? {} : { costUsd }),
  }
  return withServiceTier(counted, response.service_tier)
}

function unpricedOf(response: JsonObject, inputDetails: JsonObject): readonly string[] {
  const output: readonly unknown[] = Array.isArray(response.output) ? response.output : []
  const tools = output.flatMap((item) => {
    if (!isJsonObject(item) || unbilledItems.has(item.type) || isLocalShell(item)) return []
    return [typeof item.type === 'string' ? item.type.slice(0, 40) : 'unknown_item']
  })
  const longKept = count(objectOf(inputDetails.cache_write_tokens_details).ttl_12h_tokens) ?? 0
  return [...new Set([...tools, ...(longKept > 0 ? ['cache_write_12h_tokens'] : [])])]
}

/** A shell runs where its caller says; a container at OpenAI is billed. */
function isLocalShell({ type, environment }: JsonObject): boolean {
  return type === 'shell_call' && objectOf(environment).type === 'local'
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}

function count(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= maxTokens ? Number(value) : undefined
}
