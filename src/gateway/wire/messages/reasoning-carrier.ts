import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { type ReasoningDetail, reasoningDetailsOf } from '../../../providers/neutral/reasoning-details.ts'

/** What other APIs than Anthropic's want back with the next turn, and have no field for in a Messages answer. */
export interface CarriedReasoning {
  readonly details: readonly ReasoningDetail[]
  /** By tool-call id: Gemini's signature of the thought behind a call. */
  readonly thoughtSignatures: ReadonlyMap<string, string>
}

const mark = 'pointsman.v1.'

/** Whether a signature or cipher is one of ours, which no upstream can read. */
export function isCarrier(text: string): boolean {
  return text.startsWith(mark)
}

/**
 * Writes reasoning of other APIs as an opaque text, to ride where clients of the Messages API keep and return texts they
 * cannot read: a thinking block's signature, or the data of a redacted one.
 */
export function packReasoning(
  details: readonly ReasoningDetail[],
  thoughtSignatures: Readonly<Record<string, string>> = {},
): string {
  const text = JSON.stringify({ details, thought_signatures: thoughtSignatures })
  return mark + Buffer.from(text, 'utf8').toString('base64url')
}

/** The inverse of {@link packReasoning}; of a text that was changed on its way, what can still be read, or nothing. */
export function unpackReasoning(text: string): CarriedReasoning {
  const carried = parseCarrier(text)
  const signatures = isJsonObject(carried.thought_signatures) ? Object.entries(carried.thought_signatures) : []
  return {
    details: reasoningDetailsOf({ reasoning_details: carried.details }).map(onlyKnownFields),
    thoughtSignatures: new Map(signatures.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  }
}

function parseCarrier(text: string): JsonObject {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text.slice(mark.length), 'base64url').toString('utf8'))
    return isJsonObject(parsed) ? parsed : {}
  } catch {
    // Whoever changed it gets an answer without its reasoning, as from any other LLM.
    return {}
  }
}

/** The body's checks have not seen what is in here: nothing but texts goes further. */
function onlyKnownFields(detail: ReasoningDetail): ReasoningDetail {
  const head = {
    ...(typeof detail.format === 'string' ? { format: detail.format } : {}),
    ...(typeof detail.index === 'number' ? { index: detail.index } : {}),
    ...(typeof detail.id === 'string' ? { id: detail.id } : {}),
  }
  if (detail.type === 'reasoning.summary') return { ...head, type: detail.type, summary: detail.summary }
  if (detail.type === 'reasoning.encrypted') return { ...head, type: detail.type, data: detail.data }
  return {
    ...head,
    type: detail.type,
    ...(typeof detail.text === 'string' ? { text: detail.text } : {}),
    ...(typeof detail.signature === 'string' ? { signature: detail.signature } : {}),
  }
}
