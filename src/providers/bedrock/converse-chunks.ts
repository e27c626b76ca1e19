import type { TokenUsage } from '../../routing/registry/token-price.ts'
import { type ChunkEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type AnswerHead, chunkBody, usageChunkBody } from '../neutral/neutral-answer.ts'
import { ProviderError } from '../provider-error.ts'
import { type AnswerContext, calledTool, headOf, routedModel } from './converse-answer.ts'
import { choiceEnd } from './converse-stop.ts'
import { parseConverseUsage } from './converse-usage.ts'

/** Turns the events of one Converse stream into chunks of the neutral form; one of these per stream. */
export class ConverseChunks {
  readonly #context: AnswerContext
  readonly #head: AnswerHead
  /** Indices of our tool calls by those of their blocks; undefined: a call that is not for the caller. */
  readonly #calls = new Map<unknown, number | undefined>()
  /** Blocks whose calls came without input so far. */
  readonly #inputless = new Set<unknown>()
  readonly #details = new Map<unknown, number>()
  /** What is enciphered is bytes, whose pieces make no sense one by one. */
  readonly #ciphers = new Map<unknown, Buffer[]>()
  #callCount = 0

  constructor(context: AnswerContext) {
    this.#context = context
    this.#head = headOf(context)
  }

  /** What one event says in the neutral form. Events of unknown types say nothing. @throws {ProviderError} for unusable output. */
  *of(type: string, event: JsonObject): Generator<ChunkEvent, void, undefined> {
    switch (type) {
      case 'messageStart':
        yield { type: 'metadata', chunk: chunkBody(this.#head, { role: 'assistant', content: '' }) }
        break
      case 'contentBlockStart':
        yield* this.#blockStart(event.contentBlockIndex, isJsonObject(event.start) ? event.start : {})
        break
      case 'contentBlockDelta':
        yield* this.#blockDelta(event.contentBlockIndex, isJsonObject(event.delta) ? event.delta : {})
        break
      case 'contentBlockStop':
        yield* this.#blockStop(event.contentBlockIndex)
        break
      case 'messageStop':
        yield* this.#stop(event)
        break
      case 'metadata':
        yield* this.#metadata(event)
        break
    }
  }

  *#blockStart(at: unknown, { toolUse }: JsonObject): Generator<ChunkEvent, void, undefined> {
    if (!isJsonObject(toolUse)) return
    const isHosted = toolUse.type !== undefined && toolUse.type !== null
    if (isHosted || (this.#context.onlyFirstCall && this.#callCount > 0)) {
      this.#calls.set(at, undefined)
      return
    }
    const index = this.#callCount
    this.#callCount += 1
    this.#calls.set(at, index)
    this.#inputless.add(at)
    const { id, name } = calledTool(toolUse, index, this.#context)
    yield this.#toolDelta(index, { id, type: 'function', function: { name, arguments: '' } })
  }

  *#blockDelta(at: unknown, delta: JsonObject): Generator<ChunkEvent, void, undefined> {
    const { text, toolUse, reasoningContent } = delta
    if (typeof text === 'string') {
      if (text !== '') yield this.#content({ content: text })
    } else if (isJsonObject(toolUse)) {
      if (!this.#calls.has(at)) {
        throw new ProviderError('upstream_invalid_response', 'The stream holds input of a call that never began')
      }
      const index = this.#calls.get(at)
      if (index !== undefined && typeof toolUse.input === 'string' && toolUse.input !== '') {
        this.#inputless.delete(at)
        yield this.#toolDelta(index, { function: { arguments: toolUse.input } })
      }
    } else if (isJsonObject(reasoningContent)) yield* this.#reasoning(at, reasoningContent)
  }

  *#reasoning(at: unknown, { text, signature, redactedContent }: JsonObject): Generator<ChunkEvent, void, undefined> {
    const index = this.#details.get(at) ?? this.#details.size
    this.#details.set(at, index)
    const format = this.#context.reasoningFormat
    if (typeof redactedContent === 'string') {
      const pieces = this.#ciphers.get(at) ?? []
      pieces.push(Buffer.from(redactedContent, 'base64'))
      this.#ciphers.set(at, pieces)
    }
    if (typeof text === 'string' && text !== '') {
      const detail = { type: 'reasoning.text', text, format, index }
      yield this.#content({ reasoning_content: text, reasoning_details: [detail] })
    }
    if (typeof signature === 'string' && signature !== '') {
      yield this.#content({ reasoning_details: [{ type: 'reasoning.text', signature, format, index }] })
    }
  }

  *#blockStop(at: unknown): Generator<ChunkEvent, void, undefined> {
    const cipher = this.#ciphers.get(at)
    const detail = this.#details.get(at)
    if (cipher !== undefined && detail !== undefined) {
      const data = Buffer.concat(cipher).toString('base64')
      const format = this.#context.reasoningFormat
      yield this.#content({ reasoning_details: [{ type: 'reasoning.encrypted', data, format, index: detail }] })
    }
    const call = this.#calls.get(at)
    if (call !== undefined && this.#inputless.has(at)) yield this.#toolDelta(call, { function: { arguments: '{}' } })
  }

  *#stop(event: JsonObject): Generator<ChunkEvent, void, undefined> {
    const end = choiceEnd(event, this.#callCount > 0)
    if (end !== undefined) yield { type: 'metadata', chunk: chunkBody(this.#head, {}, end) }
  }

  *#metadata(event: JsonObject): Generator<ChunkEvent, void, undefined> {
    const usage: TokenUsage | undefined = parseConverseUsage(event, this.#context.upstreamModel)
    const reportedModel = routedModel(event)
    if (usage === undefined && reportedModel === undefined) return
    yield {
      type: 'metadata',
      chunk: usage === undefined ? { ...chunkBody(this.#head, {}), choices: [] } : usageChunkBody(this.#head, usage),
      ...(usage === undefined ? {} : { usage }),
      ...(reportedModel === undefined ? {} : { reportedModel }),
    }
  }

  #toolDelta(index: number, call: JsonObject): ChunkEvent {
    return this.#content({ tool_calls: [{ index, ...call }] })
  }

  #content(delta: JsonObject): ChunkEvent {
    return { type: 'content', chunk: chunkBody(this.#head, delta) }
  }
}
