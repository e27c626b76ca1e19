import type { IncomingHttpHeaders } from 'node:http'
import type { NativeRequest } from '../../../providers/chat-provider.ts'
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
  const messages = request.messages.flatMap(withoutForeignThinking)
  return { dialect: 'messages', body: { ...rest, messages }, headers: pickHeaders(headers) }
}

/** None where a turn was nothing but that. */
function withoutForeignThinking(message: MessagesMessage): readonly MessagesMessage[] {
  const { role, content } = message
  if (role !== 'assistant' || typeof content === 'string' || !content.some(isForeignThinking)) return [message]
  const kept = content.filter((block) => !isForeignThinking(block))
  return kept.length === 0 ? [] : [{ ...message, content: kept }]
}

function isForeignThinking(block: ContentBlock): boolean {
  const known = block as KnownBlock
  if (known.type === 'thinking') return !known.signature || isCarrier(known.signature)
  return known.type === 'redacted_thinking' && isCarrier(known.data)
}

function pickHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const name of nativeHeaders) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') picked[name] = value
  }
  return picked
}
