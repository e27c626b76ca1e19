import type { IncomingHttpHeaders } from 'node:http'
import { isJsonObject, type JsonObject, type NativeRequest } from '../../../providers/chat-provider.ts'
import type { ContentBlock, KnownBlock } from './content-block.ts'
import type { CountTokensBody, MessagesMessage } from './messages-request.ts'
import { isCarrier } from './reasoning-carrier.ts'

const nativeHeaders = ['anthropic-version', 'anthropic-beta'] as const

/**
 * The request for upstreams of the same API: as it came, but for thinking that is not Anthropic's. An LLM of another API may
 * have answered the turns before, and Anthropic refuses thinking it has not signed.
 */
export function toNativeMessages(request: CountTokensBody, headers: IncomingHttpHeaders): NativeRequest {
  const { model: _model, stream: _stream, pointsman: _pointsman, ...rest } = request
  const messages = request.messages.map(withoutForeignThinking).filter((message) => message.content.length > 0)
  const body: JsonObject = { ...rest, messages }
  return {
    dialect: 'messages',
    body: request.thinking?.type === 'enabled' && isUnthoughtCall(messages) ? withoutThinking(body) : body,
    headers: pickHeaders(headers),
  }
}

function withoutForeignThinking(message: MessagesMessage): MessagesMessage {
  const { role, content } = message
  if (role !== 'assistant' || typeof content === 'string' || !content.some(isForeignThinking)) return message
  return { ...message, content: content.filter((block) => !isForeignThinking(block)) }
}

function isForeignThinking(block: ContentBlock): boolean {
  const known = block as KnownBlock
  if (known.type === 'thinking') return !known.signature || isCarrier(known.signature)
  return known.type === 'redacted_thinking' && isCarrier(known.data)
}

/** Whether the last turn called tools without thinking first, which Anthropic refuses where a thinking budget is set. */
function isUnthoughtCall(messages: readonly MessagesMessage[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  if (last === undefined || typeof last.content === 'string') return false
  const [first] = last.content
  const thought = first?.type === 'thinking' || first?.type === 'redacted_thinking'
  return !thought && last.content.some(({ type }) => type === 'tool_use')
}

/** Until the tools have answered; the rules for clearing old thinking go with it, as they need it on. */
function withoutThinking(body: JsonObject): JsonObject {
  const thinking = { type: 'disabled' }
  const management = body.context_management
  if (!isJsonObject(management) || !Array.isArray(management.edits)) return { ...body, thinking }
  const edits = management.edits.filter(
    (edit: unknown) => !(isJsonObject(edit) && String(edit.type).startsWith('clear_thinking')),
  )
  return { ...body, thinking, context_management: { ...management, edits } }
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of nativeHeaders) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') picked[name] = value
  }
  return picked
}
