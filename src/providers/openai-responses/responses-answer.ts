import { type ChatCompletion, isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { type AnswerHead, type ChoiceEnd, completionBody } from '../neutral/neutral-answer.ts'
import type { NeutralAssistantMessage, NeutralToolCall } from '../neutral/neutral-message.ts'
import type { ReasoningDetail } from '../neutral/reasoning-details.ts'
import { responsesUsage } from './responses-usage.ts'

export const reasoningFormat = 'openai-responses-v1'

/** A whole response in the neutral form. @throws {ProviderError} where it failed, or is none. */
export function completionOfResponse(response: JsonObject, errors: UpstreamErrors): ChatCompletion {
  requireAnswered(response, errors)
  const output = (response.output as readonly unknown[]).filter(isJsonObject)
  const usage = responsesUsage(response)
  const said = new Said()
  for (const item of output) said.add(item)
  const end = endOf(response, said.toolCalls.length > 0)
  const body = completionBody(headOf(response), said.message(), end, usage)
  if (said.logprobs.length > 0)
    Object.assign((body.choices as JsonObject[])[0]!, { logprobs: { content: said.logprobs } })
  return { body, usage, reportedModel: modelOf(response) }
}

/** A whole response as it came, for a call in this dialect. */
export function nativeCompletion(response: JsonObject, errors: UpstreamErrors): ChatCompletion {
  requireAnswered(response, errors)
  return { body: response, dialect: 'responses', usage: responsesUsage(response), reportedModel: modelOf(response) }
}

/** @throws {ProviderError} unless the response is complete, or ended at a limit. */
function requireAnswered(response: JsonObject, errors: UpstreamErrors): void {
  const { status, error, output } = response
  if (error !== undefined && error !== null) throw errors.fromErrorObject(error)
  if (status !== undefined && status !== 'completed' && status !== 'incomplete') {
    throw errors.invalid(`The response ended as ${JSON.stringify(status)}`)
  }
  if (!Array.isArray(output)) throw errors.invalid('The response has no output')
}

export function headOf(response: JsonObject): AnswerHead {
  const { id, created_at: created } = response
  return {
    id: typeof id === 'string' ? id : '',
    model: modelOf(response) ?? '',
    created: typeof created === 'number' ? Math.trunc(created) : 0,
  }
}

export function modelOf({ model }: { readonly model?: unknown }): string | undefined {
  return typeof model === 'string' && model !== '' ? model : undefined
}

/** How the one choice ended; `called` says whether tools are to be run. */
export function endOf(response: JsonObject, called: boolean): ChoiceEnd {
  const details = response.incomplete_details
  const reason = isJsonObject(details) && typeof details.reason === 'string' ? details.reason : undefined
  if (response.status === 'incomplete' || reason !== undefined) {
    const nativeFinishReason = reason ?? 'incomplete'
    return { finishReason: reason === 'content_filter' ? 'content_filter' : 'length', nativeFinishReason }
  }
  return { finishReason: called ? 'tool_calls' : 'stop', nativeFinishReason: 'completed' }
}

/** A tool call of the neutral form, custom tools' too; undefined for an item that is none. */
export function toolCallOf(item: JsonObject): JsonObject | undefined {
  const { type, call_id: id, name } = item
  if (typeof id !== 'string' || typeof name !== 'string') return undefined
  if (type === 'function_call') return { id, type: 'function', function: { name, arguments: textOf(item.arguments) } }
  return type === 'custom_tool_call' ? { id, type: 'custom', custom: { name, input: textOf(item.input) } } : undefined
}

/** An annotation as chat completions have it; they know citations of pages alone. */
export function annotationOf(annotation: unknown): JsonObject | undefined {
  if (!isJsonObject(annotation) || annotation.type !== 'url_citation') return undefined
  const { type, ...citation } = annotation
  return { type, url_citation: citation }
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Gathers the items of a response into one message. */
class Said {
  readonly toolCalls: JsonObject[] = []
  readonly logprobs: unknown[] = []
  readonly #texts: string[] = []
  readonly #refusals: string[] = []
  readonly #annotations: JsonObject[] = []
  readonly #thoughts: string[] = []
  readonly #details: ReasoningDetail[] = []

  add(item: JsonObject): void {
    if (item.type === 'reasoning') this.#addReasoning(item)
    const call = toolCallOf(item)
    if (call !== undefined) this.toolCalls.push(call)
    if (item.type !== 'message') return
    for (const part of objectsOf(item.content)) {
      if (part.type === 'refusal') this.#refusals.push(textOf(part.refusal))
      if (part.type !== 'output_text') continue
      this.#texts.push(textOf(part.text))
      for (const entry of objectsOf(part.annotations)) {
        const annotation = annotationOf(entry)
        if (annotation !== undefined) this.#annotations.push(annotation)
      }
      this.logprobs.push(...objectsOf(part.logprobs))
    }
  }

  #addReasoning(item: JsonObject): void {
    const id = typeof item.id === 'string' ? item.id : null
    const at = () => ({ id, format: reasoningFormat, index: this.#details.length }) as const
    for (const { text } of objectsOf(item.summary)) {
      this.#thoughts.push(textOf(text))
      this.#details.push({ type: 'reasoning.summary', summary: textOf(text), ...at() })
    }
    for (const { text } of objectsOf(item.content)) {
      this.#thoughts.push(textOf(text))
      this.#details.push({ type: 'reasoning.text', text: textOf(text), ...at() })
    }
    if (typeof item.encrypted_content === 'string') {
      this.#details.push({ type: 'reasoning.encrypted', data: item.encrypted_content, ...at() })
    }
  }

  message(): NeutralAssistantMessage {
    const text = this.#texts.join('')
    const silent = text === '' && (this.toolCalls.length > 0 || this.#refusals.length > 0)
    return {
      role: 'assistant',
      content: silent ? null : text,
      refusal: this.#refusals.length === 0 ? null : this.#refusals.join(''),
      ...(this.#thoughts.length === 0 ? {} : { reasoning_content: this.#thoughts.join('\n\n') }),
      ...(this.#details.length === 0 ? {} : { reasoning_details: this.#details }),
      ...(this.#annotations.length === 0 ? {} : { annotations: this.#annotations }),
      // Calls of custom tools are among them, which chat completions have too.
      ...(this.toolCalls.length === 0 ? {} : { tool_calls: this.toolCalls as unknown as NeutralToolCall[] }),
    }
  }
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
