import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { type ReasoningDetail, reasoningDetailsOf } from '../../../providers/neutral/reasoning-details.ts'

/** Whose items these are. */
export const responsesFormat = 'openai-responses-v1'

/**
 * How the `encrypted_content` begins in which we carry what the API has no field for: thinking of other vendors with its
 * signature, and signatures of tool calls. Callers hand it back as they do with OpenAI's; it is not secret.
 */
const envelopePrefix = 'pointsman.1.'

/** What one reasoning item carries beyond its summary. */
export interface ReasoningEnvelope {
  readonly details: readonly ReasoningDetail[]
  /** `extra_content` of tool calls, by call id. */
  readonly calls: ReadonlyMap<string, JsonObject>
}

/** Many times the pieces of any turn's thinking. */
const maxDetails = 10_000

const emptyEnvelope: ReasoningEnvelope = { details: [], calls: new Map() }

export function sealEnvelope({ details, calls }: ReasoningEnvelope): string {
  const body = { ...(details.length > 0 ? { details } : {}), ...(calls.size > 0 ? { calls: [...calls] } : {}) }
  return envelopePrefix + Buffer.from(JSON.stringify(body)).toString('base64url')
}

export function isEnvelope(encrypted: unknown): encrypted is string {
  return typeof encrypted === 'string' && encrypted.startsWith(envelopePrefix)
}

/** What is broken is left out: thinking may always be missing. */
export function openEnvelope(sealed: string): ReasoningEnvelope {
  let body: unknown
  try {
    body = JSON.parse(Buffer.from(sealed.slice(envelopePrefix.length), 'base64url').toString('utf8'))
  } catch {
    return emptyEnvelope
  }
  if (!isJsonObject(body)) return emptyEnvelope
  const calls = new Map<string, JsonObject>()
  const entries: readonly unknown[] = Array.isArray(body.calls) ? body.calls : []
  for (const entry of entries) {
    const [id, extra]: readonly unknown[] = Array.isArray(entry) ? entry : []
    const signature = isJsonObject(extra) && isJsonObject(extra.google) ? extra.google.thought_signature : undefined
    if (typeof id === 'string' && typeof signature === 'string') {
      calls.set(id, { google: { thought_signature: signature } })
    }
  }
  const details = reasoningDetailsOf({ reasoning_details: body.details })
  return { details: details.slice(0, maxDetails).map(onlyKnownFields), calls }
}

/** Callers can write anything into an envelope, past the limits on a request's depth and fields. */
function onlyKnownFields(detail: ReasoningDetail): ReasoningDetail {
  const shared = {
    ...(typeof detail.format === 'string' ? { format: detail.format } : {}),
    ...(typeof detail.index === 'number' ? { index: detail.index } : {}),
    ...(typeof detail.id === 'string' ? { id: detail.id } : {}),
  }
  if (detail.type === 'reasoning.summary') return { ...shared, type: detail.type, summary: detail.summary }
  if (detail.type === 'reasoning.encrypted') return { ...shared, type: detail.type, data: detail.data }
  const { type, text, signature } = detail
  return {
    ...shared,
    type,
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof signature === 'string' ? { signature } : {}),
  }
}

/** A reasoning item of a request as its thinking in the neutral form; one that says nothing gives none. */
export function readReasoningItem(item: JsonObject): ReasoningEnvelope {
  if (isEnvelope(item.encrypted_content)) return openEnvelope(item.encrypted_content)
  const shared = { format: responsesFormat, ...(typeof item.id === 'string' ? { id: item.id } : {}) }
  const details: ReasoningDetail[] = []
  for (const text of textsOf(item.summary)) {
    details.push({ type: 'reasoning.summary', summary: text, ...shared, index: details.length })
  }
  for (const text of textsOf(item.content)) {
    details.push({ type: 'reasoning.text', text, ...shared, index: details.length })
  }
  if (typeof item.encrypted_content === 'string' && item.encrypted_content !== '') {
    const data = item.encrypted_content
    details.push({ type: 'reasoning.encrypted', data, ...shared, index: details.length })
  }
  return { details, calls: new Map() }
}

function textsOf(parts: unknown): readonly string[] {
  if (!Array.isArray(parts)) return []
  return parts.flatMap((part: unknown) => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : []))
}
