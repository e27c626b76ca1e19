import type { IncomingHttpHeaders } from 'node:http'
import type { NativeRequest } from '../../../providers/chat-provider.ts'
import { messagesToolIdRule, ToolCallIds } from '../../../providers/neutral/tool-call-ids.ts'
import { isEnvelope } from '../reasoning-envelope.ts'
import type { ContentBlock, KnownBlock } from './content-block.ts'
import { type CountTokensBody, contentOf, type MessagesMessage } from './messages-request.ts'

const nativeHeaders = ['anthropic-version', 'anthropic-beta'] as const

/**
 * The request for upstreams of the same API: as it came, but for thinking that is not Anthropic's and ids of tool calls that
 * it would not take. An LLM of another API may have answered the turns before: Anthropic refuses thinking it has not
 * signed, and ids that come twice.
 */
export function toNativeMessages(request: CountTokensBody, headers: IncomingHttpHeaders): NativeRequest {
  const { model: _model, stream: _stream, pointsman: _pointsman, ...rest } = withoutOurIds(request)
  const ids = new ToolCallIds(messagesToolIdRule)
  const messages = request.messages.flatMap(withoutForeignThinking).map((message) => withToolIds(message, ids))
  return { dialect: 'messages', body: { ...rest, messages }, headers: pickHeaders(headers) }
}

/** Fields that name an answer before by its id, which is one of ours: Anthropic would not know it. */
const namingOurIds: ReadonlySet<string> = new Set(['diagnostics'])

/** Names of what a request says and no upstream gets. */
export function neverSentOf(request: CountTokensBody): readonly string[] {
  return [...namingOurIds].filter((name) => request[name] !== undefined && request[name] !== null)
}

function withoutOurIds(request: CountTokensBody): CountTokensBody {
  if (neverSentOf(request).length === 0) return request
  return Object.fromEntries(Object.entries(request).filter(([name]) => !namingOurIds.has(name))) as CountTokensBody
}

/** None where a turn was nothing but that. */
function withoutForeignThinking(message: MessagesMessage): readonly MessagesMessage[] {
  const { role } = message
  const content = contentOf(message)
  if (role !== 'assistant' || typeof content === 'string' || !content.some(isForeignThinking)) return [message]
  const kept = content.filter((block) => !isForeignThinking(block))
  return kept.length === 0 ? [] : [{ ...message, content: kept }]
}

/** The same object where all of its ids can stay. */
function withToolIds(message: MessagesMessage, ids: ToolCallIds): MessagesMessage {
  const content = contentOf(message)
  if (typeof content === 'string') return message
  const blocks = content.map((block) => withToolId(block, ids))
  return blocks.every((block, index) => block === content[index]) ? message : { ...message, content: blocks }
}

function withToolId(block: ContentBlock, ids: ToolCallIds): ContentBlock {
  const known = block as KnownBlock
  if (known.type === 'tool_use') {
    const id = ids.call(known.id)
    return id === known.id ? block : { ...known, id }
  }
  if (known.type !== 'tool_result') return block
  const id = ids.output(known.tool_use_id)
  return id === known.tool_use_id ? block : { ...known, tool_use_id: id }
}

function isForeignThinking(block: ContentBlock): boolean {
  const known = block as KnownBlock
  if (known.type === 'thinking') return !known.signature || isEnvelope(known.signature)
  return known.type === 'redacted_thinking' && isEnvelope(known.data)
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of nativeHeaders) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') picked[name] = value
  }
  return picked
}
