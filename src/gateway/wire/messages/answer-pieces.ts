import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import { contentText } from '../../../providers/neutral/neutral-message.ts'
import {
  type ReasoningDetail,
  reasoningDetailsOf,
  reasoningText,
} from '../../../providers/neutral/reasoning-details.ts'
import { ProviderError } from '../../../providers/provider-error.ts'

/** One thing that a delta, or a whole message, says. */
export type AnswerPiece =
  | { readonly kind: 'text'; readonly text: string; readonly refusal?: boolean }
  /** `detail`: a piece of what Anthropic wrote, which it wants back. Without: another API's thinking, as plain text. */
  | {
      readonly kind: 'thinking'
      readonly text: string
      readonly signature?: string
      readonly part?: number
      readonly detail?: ReasoningDetail
    }
  | { readonly kind: 'redacted'; readonly data: string; readonly detail: ReasoningDetail }
  /** Reasoning that its own API wants back; not for showing. */
  | { readonly kind: 'foreign'; readonly detail: ReasoningDetail }
  | ToolPiece

/** A call's beginning or continuation. */
export interface ToolPiece {
  readonly kind: 'tool'
  readonly index: number | undefined
  readonly id: string | undefined
  readonly name: string | undefined
  readonly json: string
  readonly thoughtSignature: string | undefined
}

/** In the order in which a turn says them: reasoning, text, calls. Whatever else a delta holds has no place in this API. */
export function answerPieces(delta: JsonObject): readonly AnswerPiece[] {
  const pieces: AnswerPiece[] = reasoningPieces(delta)
  const text = contentText(delta.content)
  if (text !== '') pieces.push({ kind: 'text', text })
  if (typeof delta.refusal === 'string' && delta.refusal !== '') {
    pieces.push({ kind: 'text', text: delta.refusal, refusal: true })
  }
  if (Array.isArray(delta.tool_calls)) {
    for (const call of delta.tool_calls) if (isJsonObject(call)) pieces.push(toolPiece(call))
  }
  if (isJsonObject(delta.function_call)) pieces.push(toolPiece({ index: 0, function: delta.function_call }))
  return pieces
}

function reasoningPieces(delta: JsonObject): AnswerPiece[] {
  const details = reasoningDetailsOf(delta)
  const own = details.filter(({ format }) => format === 'anthropic-claude-v1')
  if (own.length > 0) return own.map(anthropicPiece)
  const text = reasoningText(delta)
  const foreign = details.map((detail) => ({ kind: 'foreign', detail }) as const)
  return text === '' ? foreign : [{ kind: 'thinking', text }, ...foreign]
}

function anthropicPiece(detail: ReasoningDetail): AnswerPiece {
  if (detail.type === 'reasoning.encrypted') return { kind: 'redacted', data: detail.data, detail }
  const part = detail.index === undefined ? {} : { part: detail.index }
  if (detail.type === 'reasoning.summary') return { kind: 'thinking', text: detail.summary, ...part, detail }
  const signature = detail.signature ? { signature: detail.signature } : {}
  return { kind: 'thinking', text: detail.text ?? '', ...signature, ...part, detail }
}

function toolPiece(call: JsonObject): ToolPiece {
  const called = isJsonObject(call.function) ? call.function : {}
  const extra = isJsonObject(call.extra_content) ? call.extra_content : {}
  const google = isJsonObject(extra.google) ? extra.google : {}
  return {
    kind: 'tool',
    index: typeof call.index === 'number' ? call.index : undefined,
    id: textOf(call.id),
    name: textOf(called.name),
    json: jsonOf(called.arguments),
    thoughtSignature: textOf(google.thought_signature),
  }
}

/** Some upstreams give the arguments as the object that they are. @throws {ProviderError} `upstream_invalid_response` */
function jsonOf(args: unknown): string {
  if (typeof args === 'string') return args
  if (!isJsonObject(args)) return ''
  try {
    return JSON.stringify(args)
  } catch (cause) {
    throw new ProviderError('upstream_invalid_response', 'The answer nests too deeply', { cause })
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
