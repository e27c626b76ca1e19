import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import type { ReasoningDetail } from '../../../providers/neutral/reasoning-details.ts'
import { isEnvelope, openEnvelope, type ReasoningEnvelope } from '../reasoning-envelope.ts'

/** Whose items these are. */
export const responsesFormat = 'openai-responses-v1'

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
