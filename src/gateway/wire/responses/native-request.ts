import { isJsonObject, type JsonObject, type NativeRequest } from '../../../providers/chat-provider.ts'
import { type ToolCallIdRule, toolCallIdFor } from '../../../providers/neutral/tool-call-id.ts'
import { isEnvelope } from '../reasoning-envelope.ts'
import { isMadeId } from './item-id.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/** Ours to say, or resolved here. */
const ours: ReadonlySet<string> = new Set([
  ...['model', 'stream', 'pointsman', 'previous_response_id', 'background', 'conversation', 'prompt'],
])

const callIdRule: ToolCallIdRule = { character: /[A-Za-z0-9_-]/, maxLength: 64 }

const encryptedReasoning = 'reasoning.encrypted_content'

/**
 * The request as its caller wrote it, for an upstream of the same API. That upstream is never to store it: what is kept is
 * kept here, so that its state is not needed there.
 *
 * @param items what the conversation comes to, prior turns first; undefined when the request's own `input` says it all.
 * @param keep whether the response is kept here: its thinking must then come back in a form that can be sent again.
 */
export function toNativeRequest(
  request: ResponsesRequestBody,
  items: readonly unknown[] | undefined,
  keep: boolean,
): NativeRequest {
  const body: JsonObject = {}
  for (const [field, value] of Object.entries(request)) if (!ours.has(field)) body[field] = value
  const input: unknown = items ?? request.input
  body.input = Array.isArray(input) ? readable(input) : input
  body.store = false
  const include = request.include ?? []
  // Models that do not reason refuse it: only where the caller speaks of reasoning is it safe to ask.
  if (keep && speaksOfReasoning(request) && !include.includes(encryptedReasoning)) {
    body.include = [...include, encryptedReasoning]
  }
  return { dialect: 'responses', body, headers: {} }
}

function speaksOfReasoning({ reasoning }: ResponsesRequestBody): boolean {
  if (reasoning === undefined || reasoning === null || reasoning.effort === 'none') return false
  return typeof reasoning.effort === 'string' || typeof reasoning.summary === 'string'
}

/**
 * Without the reasoning items that the upstream cannot read. Where one is left out the others lose their ids: by them
 * OpenAI would remember that a call came with reasoning, and miss it.
 */
function readable(sent: readonly unknown[]): readonly unknown[] {
  const items = sent.map((item) => withOwnIds(withoutParsed(item)))
  const kept = items.filter(canBeRead)
  if (kept.length === items.length) return items
  return kept.map((item) => {
    if (!isJsonObject(item) || item.type === 'reasoning') return item
    const { id: _id, ...rest } = item
    return item.type === 'message' || item.type === 'function_call' || item.type === 'custom_tool_call' ? rest : item
  })
}

/** Ids that were made here mean nothing to OpenAI; ids of calls that another LLM made can be longer than it takes. */
function withOwnIds(item: unknown): unknown {
  if (!isJsonObject(item)) return item
  const { id, call_id: callId, ...rest } = item
  const isMade = item.type !== 'reasoning' && typeof id === 'string' && isMadeId(id)
  const isLong = typeof callId === 'string' && callId.length > callIdRule.maxLength
  if (!isMade && !isLong) return item
  return {
    ...rest,
    ...(id === undefined || isMade ? {} : { id }),
    ...(callId === undefined ? {} : { call_id: isLong ? toolCallIdFor(callId, callIdRule) : callId }),
  }
}

/** What OpenAI's own client adds to items where it parses them, and OpenAI refuses when they are sent again. */
function withoutParsed(item: unknown): unknown {
  if (!isJsonObject(item)) return item
  if ('parsed_arguments' in item) {
    const { parsed_arguments: _parsed, ...rest } = item
    return rest
  }
  if (item.type !== 'message' || !Array.isArray(item.content)) return item
  const content: readonly unknown[] = item.content
  if (!content.some((part) => isJsonObject(part) && 'parsed' in part)) return item
  return { ...item, content: content.map(withoutParsedPart) }
}

function withoutParsedPart(part: unknown): unknown {
  if (!isJsonObject(part)) return part
  const { parsed: _parsed, ...rest } = part
  return rest
}

/** Without its cipher a reasoning item is a name for what nobody has kept; thinking of other vendors is nothing to OpenAI. */
function canBeRead(item: unknown): boolean {
  if (!isJsonObject(item) || item.type !== 'reasoning') return true
  const { encrypted_content: encrypted } = item
  return typeof encrypted === 'string' && encrypted !== '' && !isEnvelope(encrypted)
}
