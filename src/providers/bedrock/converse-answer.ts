import { type ChatCompletion, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type AnswerHead, completionBody } from '../neutral/neutral-answer.ts'
import type { NeutralAssistantMessage, NeutralToolCall } from '../neutral/neutral-message.ts'
import type { ReasoningDetail } from '../neutral/reasoning-details.ts'
import { ProviderError } from '../provider-error.ts'
import { answerFailure, choiceEnd } from './converse-stop.ts'
import { parseConverseUsage } from './converse-usage.ts'

/** What a translation of answers has to know of the request. */
export interface AnswerContext {
  /** The API gives its answers no ids. */
  readonly id: string
  /** The API does not name the model that answers. */
  readonly upstreamModel: string
  /** Seconds since the epoch. */
  readonly created: number
  /** Names of tools as the caller wrote them, by those the API knows. */
  readonly toolNames: ReadonlyMap<string, string>
  /** Calls of tools after the first are left out: the caller takes one at a time. */
  readonly onlyFirstCall: boolean
  /** Under which format thinking is kept. */
  readonly reasoningFormat: string
}

/**
 * A whole answer in the neutral form. `content` is that of `output.message`.
 *
 * @throws {ProviderError} for unusable output, and for an answer that does not say why it ended.
 */
export function toCompletion(body: JsonObject, content: readonly unknown[], context: AnswerContext): ChatCompletion {
  const failure = answerFailure(body)
  if (failure !== undefined) throw failure
  const usage = parseConverseUsage(body, context.upstreamModel)
  const message = messageOf(content.filter(isJsonObject), context)
  const end = choiceEnd(body, message.tool_calls !== undefined)
  if (end === undefined) throw new ProviderError('upstream_invalid_response', 'The answer has no stop reason')
  return { body: completionBody(headOf(context), message, end, usage), usage, reportedModel: routedModel(body) }
}

export function headOf({ id, upstreamModel, created }: AnswerContext): AnswerHead {
  return { id, model: upstreamModel, created }
}

/** The model that answered, where a prompt router of the account chose it; else nothing says so. */
export function routedModel({ trace }: JsonObject): string | undefined {
  const router = isJsonObject(trace) ? trace.promptRouter : undefined
  const arn = isJsonObject(router) ? router.invokedModelId : undefined
  return typeof arn === 'string' && arn !== '' ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
}

function messageOf(blocks: readonly JsonObject[], context: AnswerContext): NeutralAssistantMessage {
  let text = ''
  const calls: NeutralToolCall[] = []
  const details: ReasoningDetail[] = []
  for (const block of blocks) {
    if (typeof block.text === 'string') text += block.text
    else if (isJsonObject(block.toolUse)) calls.push(...toolCalls(block.toolUse, calls.length, context))
    else if (isJsonObject(block.reasoningContent)) {
      details.push(...reasoningDetails(block.reasoningContent, details.length, context.reasoningFormat))
    } else if (isJsonObject(block.citationsContent)) text += citedText(block.citationsContent)
  }
  const kept = context.onlyFirstCall ? calls.slice(0, 1) : calls
  const thoughts = details.map((detail) => (detail.type === 'reasoning.text' ? (detail.text ?? '') : '')).join('')
  return {
    role: 'assistant',
    content: text === '' && kept.length > 0 ? null : text,
    refusal: null,
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(kept.length === 0 ? {} : { tool_calls: kept }),
  }
}

/** Calls of hosted tools have a type: they are not for the caller to answer. */
function toolCalls(toolUse: JsonObject, index: number, context: AnswerContext): NeutralToolCall[] {
  if (toolUse.type !== undefined && toolUse.type !== null) return []
  const { id, name } = calledTool(toolUse, index, context)
  return [{ id, type: 'function', function: { name, arguments: JSON.stringify(toolUse.input ?? {}) } }]
}

/**
 * The id of a call, made where it has none, and the tool's name as the caller wrote it.
 *
 * @throws {ProviderError} `upstream_invalid_response` where it names no tool: nobody could answer it.
 */
export function calledTool(
  { toolUseId, name }: JsonObject,
  index: number,
  { id, toolNames }: AnswerContext,
): { readonly id: string; readonly name: string } {
  if (typeof name !== 'string') {
    throw new ProviderError('upstream_invalid_response', 'The answer has a call that names no tool')
  }
  const isNamed = typeof toolUseId === 'string' && toolUseId !== ''
  return { id: isNamed ? toolUseId : `call_${id}_${index}`, name: toolNames.get(name) ?? name }
}

function reasoningDetails(reasoning: JsonObject, index: number, format: string): readonly ReasoningDetail[] {
  const { reasoningText, redactedContent } = reasoning
  if (typeof redactedContent === 'string')
    return [{ type: 'reasoning.encrypted', format, index, data: redactedContent }]
  if (!isJsonObject(reasoningText)) return []
  const text = typeof reasoningText.text === 'string' ? reasoningText.text : ''
  const signature = typeof reasoningText.signature === 'string' ? { signature: reasoningText.signature } : {}
  return [{ type: 'reasoning.text', format, index, text, ...signature }]
}

function citedText({ content }: JsonObject): string {
  const pieces: readonly unknown[] = Array.isArray(content) ? content : []
  return pieces.map((piece) => (isJsonObject(piece) && typeof piece.text === 'string' ? piece.text : '')).join('')
}
