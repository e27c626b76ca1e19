import { isJsonObject, type JsonObject, type NativeRequest } from '../../../providers/chat-provider.ts'
import { isEnvelope } from './reasoning-item.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/** Ours to say, or resolved here. */
const ours: ReadonlySet<string> = new Set([
  ...['model', 'stream', 'pointsman', 'previous_response_id', 'background', 'conversation', 'prompt'],
])

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
  body.input = Array.isArray(input) ? input.filter(canBeRead) : input
  body.store = false
  const include = request.include ?? []
  if (keep && !include.includes(encryptedReasoning)) body.include = [...include, encryptedReasoning]
  return { dialect: 'responses', body, headers: {} }
}

/** Without its cipher a reasoning item is a name for what nobody has kept; thinking of other vendors is nothing to OpenAI. */
function canBeRead(item: unknown): boolean {
  if (!isJsonObject(item) || item.type !== 'reasoning') return true
  const { encrypted_content: encrypted } = item
  return typeof encrypted === 'string' && encrypted !== '' && !isEnvelope(encrypted)
}
