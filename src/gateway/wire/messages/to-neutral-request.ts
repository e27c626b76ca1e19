import type { ChatMessage, JsonObject } from '../../../providers/chat-provider.ts'
import { type CountTokensBody, isCustomTool, type MessagesRequestBody, type MessagesTool } from './messages-request.ts'
import { says } from './messages-steering.ts'
import { toNeutralMessages } from './to-neutral-messages.ts'
import { toNeutralContent, toNeutralParts } from './to-neutral-parts.ts'

/** A Messages request as a chat request in the neutral form. */
export interface NeutralTranslation {
  /** With `model`, `stream` and `pointsman`, as `takeInChat` takes it. */
  readonly body: JsonObject & { readonly messages: readonly ChatMessage[] }
  /** Names of what only an upstream of the Messages API gets to see. */
  readonly nativeOnly: readonly string[]
}

type TranslatedBody = CountTokensBody & Partial<MessagesRequestBody>

const translated: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'thinking',
  'tools',
  'tool_choice',
  'output_config',
  'output_format',
  'mcp_servers',
  'service_tier',
  'pointsman',
])

/**
 * @param mayChooseTier whether the caller may say what a token costs; else `service_tier` stays with the native request.
 *   Anthropic's two tiers are the usual price or a wish for it, so that leaving it out harms nobody.
 */
export function toNeutralRequest(request: TranslatedBody, mayChooseTier: boolean): NeutralTranslation {
  const leftOut = new Set<string>()
  for (const name in request) if (!translated.has(name) && says(request[name])) leftOut.add(name)
  // `auto` is what every API does when nothing is said.
  const standardTier = request.service_tier === 'standard_only'
  if (standardTier && !mayChooseTier) leftOut.add('service_tier')
  const messages: ChatMessage[] = [
    ...systemMessages(request.system),
    ...request.messages.flatMap((message) => toNeutralMessages(message, leftOut)),
  ]
  const body = {
    model: request.model,
    messages,
    ...given('stream', request.stream),
    ...given('max_tokens', request.max_tokens),
    ...given('temperature', request.temperature),
    ...given('top_p', request.top_p),
    ...given('top_k', request.top_k),
    ...given('stop', request.stop_sequences?.length === 0 ? undefined : request.stop_sequences),
    ...given('user', request.metadata?.user_id),
    ...given('thinking', request.thinking),
    ...given('reasoning_effort', request.output_config?.effort),
    ...responseFormat(request),
    ...neutralTools(request, leftOut),
    ...toolChoice(request),
    ...(standardTier && mayChooseTier ? { service_tier: 'default' } : {}),
    ...given('pointsman', request.pointsman),
  }
  return { body, nativeOnly: [...leftOut] }
}

/** Of a tool of the caller's. */
const toolFields: ReadonlySet<string> = new Set([
  ...['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'],
])

function systemMessages(system: TranslatedBody['system']): readonly ChatMessage[] {
  if (system === undefined || system === null || system.length === 0) return []
  const content = typeof system === 'string' ? system : toNeutralContent(system.flatMap(toNeutralParts))
  return [{ role: 'system', content }]
}

/** Chat completions want a name for a schema; Anthropic's formats have none. */
function responseFormat(request: TranslatedBody): JsonObject {
  const format = request.output_config?.format ?? request.output_format
  if (format === undefined || format === null) return {}
  const schema = { name: 'output', schema: format.schema, strict: true }
  return { response_format: { type: 'json_schema', json_schema: schema } }
}

/**
 * Tools that the caller runs become functions. Anthropic's own stay as they are, as do the servers whose tools it calls:
 * they keep the request from every LLM that is not reached through this API.
 */
function neutralTools({ tools, mcp_servers: servers }: TranslatedBody, leftOut: Set<string>): JsonObject {
  const neutral = (tools ?? []).map((tool) => neutralTool(tool, leftOut))
  const named = new Set(neutral.map((tool) => tool.mcp_server_name))
  for (const { name } of servers ?? []) {
    if (!named.has(name)) neutral.push({ type: 'mcp_toolset', mcp_server_name: name })
  }
  return neutral.length === 0 ? {} : { tools: neutral }
}

function neutralTool(tool: MessagesTool, leftOut: Set<string>): JsonObject {
  if (!isCustomTool(tool)) return tool
  for (const field in tool) if (!toolFields.has(field) && says(tool[field])) leftOut.add(`tools.${field}`)
  const { name, description, input_schema: parameters, strict, cache_control: control } = tool
  return {
    type: 'function',
    function: { name, ...given('description', description), parameters, ...given('strict', strict) },
    ...given('cache_control', control),
  }
}

function toolChoice({ tool_choice: choice }: TranslatedBody): JsonObject {
  if (choice === undefined || choice === null) return {}
  const parallel = choice.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { tool_choice: choice.type, ...parallel }
    case 'any':
      return { tool_choice: 'required', ...parallel }
    case 'tool':
      return { tool_choice: { type: 'function', function: { name: choice.name } }, ...parallel }
  }
}

function given(name: string, value: unknown): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value }
}
