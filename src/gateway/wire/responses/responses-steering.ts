import { isJsonObject } from '../../../providers/chat-provider.ts'
import { callerRunsOpenAiTool } from '../caller-run-tools.ts'
import { wrong } from './input-content.ts'
import { itemType, type PlacedItem } from './input-messages.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

type Path = readonly PropertyKey[]

/**
 * Items whose meaning is known: what another does, and costs, is not. Source: the types of OpenAI's official client,
 * November 2026.
 */
const knownItems: ReadonlySet<string> = new Set([
  ...['message', 'reasoning', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output'],
  ...['file_search_call', 'web_search_call', 'image_generation_call', 'code_interpreter_call'],
  ...['computer_call', 'computer_call_output', 'local_shell_call', 'local_shell_call_output', 'shell_call'],
  ...['shell_call_output', 'apply_patch_call', 'apply_patch_call_output', 'tool_search_call', 'tool_search_output'],
  ...['mcp_list_tools', 'mcp_approval_request', 'mcp_approval_response', 'mcp_call', 'program', 'program_output'],
  ...['compaction', 'compaction_trigger', 'additional_tools', 'configuration_update'],
])

/** What is billed beyond an estimate, or calls for another price or another's permission. */
const steeringFields: readonly (readonly [field: string, reason: string])[] = [
  ['access_programs', 'it chooses among the programs of the account behind'],
  ['moderation', 'it names another model that is called along'],
]

/** Writes to the cache that are kept longer than this have a price of their own. */
const usualCacheLifetime = '30m'

/** Another mode, such as `pro`, runs the model in another way: what that takes is not known here. */
const usualReasoning = 'standard'

/**
 * For callers who may not choose which LLM serves and at what price.
 *
 * @param items references and earlier turns resolved: tools come in items too.
 * @throws {GatewayError} `invalid_request`
 */
export function refuseResponsesSteering(request: ResponsesRequestBody, items: readonly PlacedItem[]): void {
  for (const [field, reason] of steeringFields) {
    if (request[field] !== undefined && request[field] !== null) throw refusal([field], reason)
  }
  const { prompt_cache_options: cache } = request
  const lifetime = isJsonObject(cache) ? (cache.ttl ?? usualCacheLifetime) : usualCacheLifetime
  if (lifetime !== usualCacheLifetime) throw refusal(['prompt_cache_options', 'ttl'], 'it changes the price of tokens')
  const mode: unknown = request.reasoning?.mode ?? usualReasoning
  if (mode !== usualReasoning) throw refusal(['reasoning', 'mode'], 'what it takes is not known here')
  refuseTools(request.tools, ['tools'])
  for (const { item, path } of items) {
    const type = itemType(item, path)
    if (!knownItems.has(type)) throw refusal([...path, 'type'], `what '${type.slice(0, 64)}' does is not known here`)
    if (!isJsonObject(item)) continue
    refuseTools(item.tools, [...path, 'tools'])
    if (type === 'configuration_update' && item.reasoning !== undefined && item.reasoning !== null) {
      throw refusal([...path, 'reasoning'], "say the effort in 'reasoning.effort', where it is estimated")
    }
  }
}

function refuseTools(tools: unknown, path: Path): void {
  if (!Array.isArray(tools)) return
  for (const [index, tool] of (tools as readonly unknown[]).entries()) {
    if (!isJsonObject(tool)) continue
    const place = [...path, index]
    if (!callerRunsOpenAiTool(tool)) {
      throw refusal(
        [...place, 'type'],
        `'${String(tool.type)}' runs at the upstream and is billed beyond what is estimated`,
      )
    }
    refuseTools(tool.tools, [...place, 'tools'])
  }
}

function refusal(path: Path, reason: string) {
  return wrong(path, `cannot be sent with this model and key: ${reason}`)
}
