import { type ChatCompletion, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type AnswerHead, completionBody } from '../neutral/neutral-answer.ts'
import type { NeutralAssistantMessage, NeutralToolCall } from '../neutral/neutral-message.ts'
import type { ReasoningDetail } from '../neutral/reasoning-details.ts'
import { ProviderError } from '../provider-error.ts'
import { toAnnotation } from './messages-citation.ts'
import { choiceEnd, refusalOf } from './messages-stop.ts'
import { parseMessagesUsage } from './messages-usage.ts'

/** What a translation of answers has to know of the request. */
export interface AnswerContext {
  /** Seconds since the epoch. */
  readonly created: number
  /** Names of tools as the caller wrote them, by those the API knows. */
  readonly toolNames: ReadonlyMap<string, string>
}

/**
 * A whole answer of the Messages API in the neutral form. Blocks of hosted tools are left out: what they found is in the text.
 * `body.content` must be a list.
 */
export function toCompletion(body: JsonObject, context: AnswerContext): ChatCompletion {
  const head: AnswerHead = {
    id: typeof body.id === 'string' ? body.id : '',
    model: typeof body.model === 'string' ? body.model : '',
    created: context.created,
  }
  const usage = parseMessagesUsage(body.usage)
  const blocks: readonly unknown[] = Array.isArray(body.content) ? body.content : []
  const message = messageOf(blocks.filter(isJsonObject), refusalOf(body), context)
  return { body: completionBody(head, message, choiceEnd(body), usage), usage, reportedModel: head.model || undefined }
}

function messageOf(
  blocks: readonly JsonObject[],
  refusal: string | undefined,
  context: AnswerContext,
): NeutralAssistantMessage {
  let text = ''
  const annotations: JsonObject[] = []
  const calls: NeutralToolCall[] = []
  const details: ReasoningDetail[] = []
  for (const block of blocks) {
    if (block.type === 'text' && typeof block.text === 'string') {
      const start = text.length
      text += block.text
      const citations: readonly unknown[] = Array.isArray(block.citations) ? block.citations : []
      annotations.push(...citations.filter(isJsonObject).map((citation) => toAnnotation(citation, start, text.length)))
    } else if (block.type === 'tool_use') calls.push(toolCall(block, context))
    else details.push(...reasoningDetails(block, details.length))
  }
  const thoughts = details.map((detail) => (detail.type === 'reasoning.text' ? (detail.text ?? '') : '')).join('')
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== undefined) ? null : text,
    refusal: refusal ?? null,
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function toolCall(block: JsonObject, { toolNames }: AnswerContext): NeutralToolCall {
  const { id, name } = calledTool(block, toolNames)
  return { id, type: 'function', function: { name, arguments: JSON.stringify(block.input ?? {}) } }
}

/**
 * The id of a call, and the tool's name as the caller wrote it.
 *
 * @throws {ProviderError} `upstream_invalid_response` where one is no text: nobody could answer the call.
 */
export function calledTool(
  { id, name }: JsonObject,
  toolNames: ReadonlyMap<string, string>,
): { readonly id: string; readonly name: string } {
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw new ProviderError('upstream_invalid_response', 'The answer has a call without an id or a name')
  }
  return { id, name: toolNames.get(name) ?? name }
}

/** The thinking of a block, whole; none for other blocks. */
function reasoningDetails(block: JsonObject, index: number): readonly ReasoningDetail[] {
  const format = 'anthropic-claude-v1'
  if (block.type === 'thinking') {
    const text = typeof block.thinking === 'string' ? block.thinking : ''
    const signature = typeof block.signature === 'string' ? { signature: block.signature } : {}
    return [{ type: 'reasoning.text', format, index, text, ...signature }]
  }
  if (block.type !== 'redacted_thinking' || typeof block.data !== 'string') return []
  return [{ type: 'reasoning.encrypted', format, index, data: block.data }]
}
