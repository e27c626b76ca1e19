import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { type ChunkEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type AnswerHead, chunkBody, usageChunkBody } from '../neutral/neutral-answer.ts'
import type { ReasoningDetail } from '../neutral/reasoning-details.ts'
import { annotationOf, endOf, headOf, modelOf, reasoningFormat, textOf, toolCallOf } from './responses-answer.ts'
import { responsesUsage } from './responses-usage.ts'

/** A tool call under way: its place among the calls, and how much of its input was passed on. */
interface OpenCall {
  readonly index: number
  readonly custom: boolean
  sent: number
}

/**
 * Turns the events of one streamed response into chunks of the neutral form. Whole items at the end of an item fill in what
 * an upstream that streams no deltas left out.
 */
export class ResponsesChunks {
  #head: AnswerHead = { id: '', model: '', created: 0 }
  /** By the place of its item in the output. */
  readonly #calls = new Map<number, OpenCall>()
  /** Index of a reasoning detail, by item and part. */
  readonly #details = new Map<string, number>()
  #thoughts = 0
  /** Places of messages of which something was said, and of those with annotations. */
  readonly #said = new Set<number>()
  readonly #annotated = new Set<number>()

  /** The chunks of one event; none for events that say nothing in the neutral form. */
  of(event: JsonObject): readonly ChunkEvent[] {
    const { type } = event
    const place = numberOf(event.output_index)
    switch (type) {
      case 'response.created':
        return this.#begin(event.response)
      case 'response.output_text.delta':
        this.#said.add(place)
        return [this.#content({ content: textOf(event.delta) }, event.logprobs)]
      case 'response.refusal.delta':
        this.#said.add(place)
        return [this.#content({ refusal: textOf(event.delta) })]
      case 'response.reasoning_summary_text.delta':
        return [this.#thought(event, 'reasoning.summary', place, numberOf(event.summary_index))]
      case 'response.reasoning_text.delta':
        return [this.#thought(event, 'reasoning.text', place, numberOf(event.content_index))]
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return this.#callDelta(place, textOf(event.delta))
      case 'response.output_text.annotation.added': {
        const annotation = annotationOf(event.annotation)
        this.#annotated.add(place)
        return annotation === undefined ? [] : [this.#metadata({ annotations: [annotation] })]
      }
      case 'response.output_item.added':
        return isJsonObject(event.item) ? this.#callBegins(event.item, place) : []
      case 'response.output_item.done':
        return isJsonObject(event.item) ? this.#itemDone(event.item, place) : []
      default:
        return []
    }
  }

  /** The end: how it finished, then what it took. */
  end(response: JsonObject): readonly ChunkEvent[] {
    if (this.#head.id === '') this.#head = headOf(response)
    const reportedModel = modelOf(response)
    const reported = reportedModel === undefined ? {} : { reportedModel }
    const unsaid = this.#unsaid(response)
    const finish = chunkBody(this.#head, {}, endOf(response, this.#calls.size > 0))
    const usage = responsesUsage(response)
    const last: ChunkEvent[] = [...unsaid, { type: 'metadata', chunk: finish, ...reported }]
    if (usage !== undefined) last.push({ ...this.spent(usage), ...reported })
    return last
  }

  spent(usage: TokenUsage): ChunkEvent {
    return { type: 'metadata', chunk: usageChunkBody(this.#head, usage), usage }
  }

  #begin(response: unknown): readonly ChunkEvent[] {
    if (!isJsonObject(response)) return []
    this.#head = headOf(response)
    const reportedModel = modelOf(response)
    const preamble = this.#metadata({ role: 'assistant', content: '' })
    return [reportedModel === undefined ? preamble : { ...preamble, reportedModel }]
  }

  #thought(event: JsonObject, type: 'reasoning.summary' | 'reasoning.text', place: number, part: number): ChunkEvent {
    const key = `${place} ${type} ${part}`
    const begins = !this.#details.has(key)
    const index = this.#detailIndex(key)
    const text = textOf(event.delta)
    const id = typeof event.item_id === 'string' ? event.item_id : null
    const at = { id, format: reasoningFormat, index } as const
    const detail: ReasoningDetail =
      type === 'reasoning.summary' ? { type, summary: text, ...at } : { type, text, ...at }
    // Parts are paragraphs; the whole answer joins them in the same way.
    if (begins) this.#thoughts += 1
    const plain = begins && this.#thoughts > 1 ? `\n\n${text}` : text
    return this.#content({ reasoning_content: plain, reasoning_details: [detail] })
  }

  #detailIndex(key: string): number {
    const index = this.#details.get(key) ?? this.#details.size
    this.#details.set(key, index)
    return index
  }

  #callBegins(item: JsonObject, place: number): readonly ChunkEvent[] {
    const call = toolCallOf(item)
    if (call === undefined || this.#calls.has(place)) return []
    const index = this.#calls.size
    const custom = call.type === 'custom'
    this.#calls.set(place, { index, custom, sent: textOf(item[custom ? 'input' : 'arguments']).length })
    return [this.#content({ tool_calls: [{ index, ...call }] })]
  }

  #callDelta(place: number, text: string): readonly ChunkEvent[] {
    const call = this.#calls.get(place)
    if (call === undefined || text === '') return []
    call.sent += text.length
    const said = call.custom ? { custom: { input: text } } : { function: { arguments: text } }
    return [this.#content({ tool_calls: [{ index: call.index, ...said }] })]
  }

  #itemDone(item: JsonObject, place: number): readonly ChunkEvent[] {
    if (item.type === 'message') return this.#messageDone(item, place)
    if (item.type === 'reasoning') return this.#reasoningDone(item, place)
    const begun = this.#callBegins(item, place)
    const call = this.#calls.get(place)
    if (call === undefined) return begun
    const whole = textOf(item[call.custom ? 'input' : 'arguments'])
    return [...begun, ...this.#callDelta(place, whole.slice(call.sent))]
  }

  #messageDone(item: JsonObject, place: number): readonly ChunkEvent[] {
    const said = this.#said.has(place)
    const annotated = this.#annotated.has(place)
    this.#said.add(place)
    this.#annotated.add(place)
    return objectsOf(item.content).flatMap((part) => {
      const chunks: ChunkEvent[] = []
      if (!said && part.type === 'output_text')
        chunks.push(this.#content({ content: textOf(part.text) }, part.logprobs))
      if (!said && part.type === 'refusal') chunks.push(this.#content({ refusal: textOf(part.refusal) }))
      const annotations = annotated ? [] : objectsOf(part.annotations).flatMap((each) => annotationOf(each) ?? [])
      if (annotations.length > 0) chunks.push(this.#metadata({ annotations }))
      return chunks
    })
  }

  #reasoningDone(item: JsonObject, place: number): readonly ChunkEvent[] {
    const chunks: ChunkEvent[] = []
    const fillIn = (parts: unknown, type: 'reasoning.summary' | 'reasoning.text') => {
      for (const [part, { text }] of objectsOf(parts).entries()) {
        if (this.#details.has(`${place} ${type} ${part}`)) continue
        chunks.push(this.#thought({ delta: text, item_id: item.id }, type, place, part))
      }
    }
    fillIn(item.summary, 'reasoning.summary')
    fillIn(item.content, 'reasoning.text')
    const { encrypted_content: data } = item
    if (typeof data !== 'string' || this.#details.has(`${place} encrypted`)) return chunks
    const index = this.#detailIndex(`${place} encrypted`)
    const id = typeof item.id === 'string' ? item.id : null
    const detail: ReasoningDetail = { type: 'reasoning.encrypted', data, id, format: reasoningFormat, index }
    return [...chunks, this.#metadata({ reasoning_details: [detail] })]
  }

  /** What only the last event holds. By kinds of items: their places are not to be trusted where they were not streamed by them. */
  #unsaid(response: JsonObject): readonly ChunkEvent[] {
    const silent = this.#said.size === 0
    const thoughtless = this.#details.size === 0
    const uncalled = this.#calls.size === 0
    const output: readonly unknown[] = Array.isArray(response.output) ? response.output : []
    return output.flatMap((item, place) => {
      if (!isJsonObject(item)) return []
      const missing = item.type === 'message' ? silent : item.type === 'reasoning' ? thoughtless : uncalled
      return missing ? this.#itemDone(item, place) : []
    })
  }

  #content(delta: JsonObject, logprobs?: unknown): ChunkEvent {
    const chunk = chunkBody(this.#head, delta)
    if (Array.isArray(logprobs) && logprobs.length > 0) {
      Object.assign((chunk.choices as JsonObject[])[0]!, { logprobs: { content: logprobs } })
    }
    return { type: 'content', chunk }
  }

  #metadata(delta: JsonObject): Extract<ChunkEvent, { readonly type: 'metadata' }> {
    return { type: 'metadata', chunk: chunkBody(this.#head, delta) }
  }
}

function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
