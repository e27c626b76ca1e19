import { isJsonObject, type JsonObject } from '../chat-provider.ts'

/** Whose thinking it is: only the same API can read its signatures and ciphers again. */
export type ReasoningFormat = 'anthropic-claude-v1' | 'openai-responses-v1' | 'google-gemini-v1' | 'unknown'

/**
 * One piece of an assistant's thinking. In streams pieces with the same `index` belong together: `text` and `summary` are
 * continued, the other fields come once. `id` is that of a reasoning item of the Responses API.
 */
export type ReasoningDetail = {
  readonly format?: ReasoningFormat | (string & {})
  readonly index?: number
  readonly id?: string | null
} & (
  | { readonly type: 'reasoning.text'; readonly text?: string | null; readonly signature?: string | null }
  | { readonly type: 'reasoning.summary'; readonly summary: string }
  | { readonly type: 'reasoning.encrypted'; readonly data: string }
)

/** The reasoning details of a message or a delta that can be read as such. */
export function reasoningDetailsOf(carrier: { readonly [field: string]: unknown }): readonly ReasoningDetail[] {
  const details = carrier.reasoning_details
  if (!Array.isArray(details)) return []
  return details.filter((detail: unknown): detail is ReasoningDetail => isReasoningDetail(detail))
}

/** Those that the API of `format` wrote itself and can read again. */
export function reasoningOfFormat(
  carrier: { readonly [field: string]: unknown },
  format: ReasoningFormat,
): readonly ReasoningDetail[] {
  return reasoningDetailsOf(carrier).filter((detail) => detail.format === format)
}

/** The plain text of a delta's or a message's thinking, under whichever name its upstream gives it. */
export function reasoningText(carrier: { readonly [field: string]: unknown }): string {
  const { reasoning_content: content, reasoning } = carrier
  if (typeof content === 'string') return content
  if (typeof reasoning === 'string') return reasoning
  return reasoningDetailsOf(carrier)
    .map((detail) => {
      if (detail.type === 'reasoning.text') return detail.text ?? ''
      return detail.type === 'reasoning.summary' ? detail.summary : ''
    })
    .join('')
}

function isReasoningDetail(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const { type, text, signature, summary, data }: JsonObject = value
  if (type === 'reasoning.text') return isTextOrNothing(text) && isTextOrNothing(signature)
  if (type === 'reasoning.summary') return typeof summary === 'string'
  return type === 'reasoning.encrypted' && typeof data === 'string'
}

function isTextOrNothing(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}
