import { type ChatMessage, isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { ReasoningDetail } from './reasoning-details.ts'

/**
 * The neutral form is OpenAI's chat completions. What other APIs can say beyond it rides in the fields below, each under
 * the name by which chat completions of other vendors already know it, so that callers of `/v1/chat/completions` can use
 * them too:
 *
 * | field | where | whose convention |
 * | --- | --- | --- |
 * | `reasoning_details` | assistant messages, answers, deltas | OpenRouter: thinking with its signature, or encrypted |
 * | `reasoning_content` | answers, deltas | DeepSeek, xAI, vLLM: the same thinking as plain text |
 * | `cache_control` | content parts, tools | Anthropic, OpenRouter, LiteLLM |
 * | `is_error` | tool messages | Anthropic's `tool_result` |
 * | `extra_content.google.thought_signature` | tool calls | Google's OpenAI-compatible endpoint |
 * | `thinking` | requests | Anthropic: `{type: 'enabled', budget_tokens}`, `{type: 'adaptive'}`, `{type: 'disabled'}` |
 * | `top_k`, `min_p`, `repetition_penalty` | requests | OpenRouter, vLLM and others |
 * | `native_finish_reason` | choices | OpenRouter: the upstream's own word beside `finish_reason` |
 * | `stop_sequence` | choices | Anthropic: which of them ended the answer |
 *
 * An assistant turn has one order: reasoning, then content, then tool calls. Where another API says them in another order, its
 * turn becomes several assistant messages in a row; what follows a tool call is moved before it, because chat
 * completions ask for a tool's output right behind the call.
 *
 * Tools that are not `function` or `custom` are hosted: run by a vendor. They stay as that vendor's API writes them.
 */
export type NeutralContentPart =
  | ({ readonly type: 'text'; readonly text: string } & Cached)
  /** `url`: https, or `data:<media type>;base64,…`. */
  | ({
      readonly type: 'image_url'
      readonly image_url: { readonly url: string; readonly detail?: string }
    } & Cached)
  | ({
      readonly type: 'input_audio'
      readonly input_audio: { readonly data: string; readonly format: string }
    } & Cached)
  /** One of `file_data` (a data URL), `file_url` (https) and `file_id` (kept at a vendor). */
  | ({
      readonly type: 'file'
      readonly file: {
        readonly file_data?: string
        readonly file_url?: string
        readonly file_id?: string
        readonly filename?: string
      }
    } & Cached)
  | { readonly type: 'refusal'; readonly refusal: string }

interface Cached {
  readonly cache_control?: JsonObject
}

/** A call of a tool, in an assistant message. */
export interface NeutralToolCall {
  readonly id: string
  readonly type: 'function'
  /** `arguments`: JSON text, as the LLM wrote it; may be broken. */
  readonly function: { readonly name: string; readonly arguments: string }
  readonly extra_content?: JsonObject
}

/** What an assistant said in one turn. */
export interface NeutralAssistantMessage extends ChatMessage {
  readonly role: 'assistant'
  readonly content: string | null
  readonly refusal?: string | null
  readonly reasoning_content?: string
  readonly reasoning_details?: readonly ReasoningDetail[]
  readonly tool_calls?: readonly NeutralToolCall[]
}

/** The content of a message as parts, whichever way it was written; parts we do not know come along untouched. */
export function contentParts(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return Array.isArray(content) ? content.filter(isJsonObject) : []
}

/** The text of a message's content alone. */
export function contentText(content: unknown): string {
  return contentParts(content)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('')
}

/** The tool calls of a message that can be read as such, the old `function_call` not among them. */
export function toolCallsOf(message: ChatMessage): readonly NeutralToolCall[] {
  const calls: unknown = message.tool_calls
  if (!Array.isArray(calls)) return []
  return calls.filter(
    (call: unknown): call is NeutralToolCall =>
      isJsonObject(call) &&
      typeof call.id === 'string' &&
      isJsonObject(call.function) &&
      typeof call.function.name === 'string' &&
      typeof call.function.arguments === 'string',
  )
}

/** Media type and base64 of a `data:` URL; undefined for any other text. */
export function parseDataUrl(url: string): { readonly mediaType: string; readonly base64: string } | undefined {
  const comma = url.indexOf(',')
  if (!/^data:/i.test(url) || comma < 0) return undefined
  const head = url.slice(5, comma)
  if (!/;base64$/i.test(head)) return undefined
  return { mediaType: head.slice(0, -7).split(';')[0] ?? '', base64: url.slice(comma + 1) }
}
