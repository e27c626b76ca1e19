import { isJsonObject, type JsonObject } from '../../providers/chat-provider.ts'
import { type ReasoningDetail, reasoningDetailsOf } from '../../providers/neutral/reasoning-details.ts'

/**
 * How the opaque texts begin in which we carry what a dialect has no field for: thinking of other vendors with its signature, and
 * signatures of tool calls. They ride where callers keep and return what they cannot read: in the `encrypted_content` of the
 * Responses API, in a thinking block's signature or a redacted one's data in the Messages API. They are the same in both, so
 * that a conversation can go on in the other. They are not secret.
 */
const envelopePrefix = 'pointsman.1.'

/** What one of these texts carries. */
export interface ReasoningEnvelope {
  readonly details: readonly ReasoningDetail[]
  /** `extra_content` of tool calls, by call id. */
  readonly calls: ReadonlyMap<string, JsonObject>
}

/** Many times the pieces of any turn's thinking. */
const maxDetails = 10_000

const emptyEnvelope: ReasoningEnvelope = { details: [], calls: new Map() }

/** The inverse of {@link openEnvelope}. */
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
