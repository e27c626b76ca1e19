import { type ChatMessage, isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/**
 * Fields of this API that chat completions do not have or name otherwise: none of them is copied. All others are, those that
 * nobody here knows too.
 */
const notCopied: ReadonlySet<string> = new Set([
  ...['input', 'instructions', 'store', 'background', 'previous_response_id', 'conversation', 'prompt', 'include'],
  ...['max_output_tokens', 'max_tool_calls', 'text', 'reasoning', 'truncation', 'stream_options', 'context_management'],
  ...['access_programs', 'image', 'moderation', 'prompt_cache_options', 'tools', 'tool_choice', 'top_logprobs'],
  // Fields of chat completions: those that say something were refused.
  ...['messages', 'functions', 'function_call', 'max_tokens', 'max_completion_tokens', 'response_format', 'n'],
  ...['logprobs', 'verbosity', 'reasoning_effort', 'tool_calls'],
])

/**
 * A request in the words of chat completions, `model`, `stream` and `pointsman` with it. What has no such words is left
 * out, see `untranslated.ts`: it reaches only providers that speak this API.
 *
 * @param added tools that came in its items.
 */
export function toChatBody(
  request: ResponsesRequestBody,
  messages: readonly ChatMessage[],
  added: readonly unknown[],
): JsonObject {
  const body: JsonObject = {}
  for (const [field, value] of Object.entries(request)) {
    if (!notCopied.has(field) && value !== undefined && value !== null) body[field] = value
  }
  const { instructions, max_output_tokens, text, reasoning, tool_choice: choice } = request
  const tools = [...(request.tools ?? []), ...added]
  // Not `developer`: every API knows `system`, and OpenAI takes one for the other.
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : []
  body.messages = [...system, ...messages]
  if (typeof max_output_tokens === 'number') body.max_completion_tokens = max_output_tokens
  const format = isJsonObject(text?.format) ? toResponseFormat(text.format) : undefined
  if (format !== undefined) body.response_format = format
  if (typeof text?.verbosity === 'string') body.verbosity = text.verbosity
  if (typeof reasoning?.effort === 'string') body.reasoning_effort = reasoning.effort
  if (tools.length > 0) body.tools = tools.map((tool) => toChatTool(tool as JsonObject))
  if (choice !== undefined && choice !== null) body.tool_choice = toChatToolChoice(choice)
  Object.assign(body, toLogprobs(request))
  return body
}

/** Undefined: plain text. */
function toResponseFormat(format: JsonObject): JsonObject | undefined {
  if (format.type === 'text') return undefined
  if (format.type !== 'json_schema') return format
  const { type, ...schema } = format
  return { type, json_schema: withoutNull(schema) }
}

/**
 * Nested as chat completions have it. Where `strict` is not said this API is strict if the schema allows it, chat
 * completions are not: which schemas allow it the upstream alone knows.
 */
function toChatTool(tool: JsonObject): JsonObject {
  const { type, name, description } = tool
  const named = { name, ...(typeof description === 'string' ? { description } : {}) }
  if (type === 'function') {
    const { parameters, strict } = tool
    return { type, function: { ...named, ...withoutNull({ parameters, strict }) } }
  }
  if (type === 'custom') {
    return { type, custom: { ...named, ...withoutNull({ format: toCustomFormat(tool.format) }) } }
  }
  return tool
}

function toCustomFormat(format: unknown): unknown {
  if (!isJsonObject(format) || format.type !== 'grammar') return format
  const { syntax, definition } = format
  return { type: 'grammar', grammar: { syntax, definition } }
}

function toChatToolChoice(choice: string | JsonObject): unknown {
  if (typeof choice === 'string') return choice
  const { type, name, mode } = choice
  if (type === 'function') return { type, function: { name } }
  if (type === 'custom') return { type, custom: { name } }
  if (type !== 'allowed_tools') return choice
  const tools: readonly unknown[] = Array.isArray(choice.tools) ? choice.tools : []
  return { type, allowed_tools: { mode, tools: tools.map((tool) => toAllowedTool(tool)) } }
}

function toAllowedTool(tool: unknown): unknown {
  if (!isJsonObject(tool)) return tool
  const { type, name } = tool
  if (type === 'function') return { type, function: { name } }
  return type === 'custom' ? { type, custom: { name } } : tool
}

function toLogprobs({ include, top_logprobs }: ResponsesRequestBody): JsonObject {
  const wanted = (top_logprobs ?? 0) > 0 || include?.includes('message.output_text.logprobs') === true
  if (!wanted) return {}
  return { logprobs: true, ...(typeof top_logprobs === 'number' ? { top_logprobs } : {}) }
}

function withoutNull(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}
