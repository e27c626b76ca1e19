import { type ChunkEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { type AnswerHead, chunkBody, usageChunkBody } from '../neutral/neutral-answer.ts'
import { type AnswerContext, calledTool } from './messages-answer.ts'
import { toAnnotation } from './messages-citation.ts'
import { choiceEnd, refusalOf } from './messages-stop.ts'
import type { UsageSoFar } from './usage-so-far.ts'

/** A content block that is being streamed. */
interface OpenBlock {
  readonly type: unknown
  /** Of tool calls, or of reasoning details, by type. */
  readonly index: number
  /** Where the block's text begins in the answer. */
  readonly start: number
  /** Input that came whole with the block's start; said at its end unless it came in pieces too. */
  input: unknown
}

const format = 'anthropic-claude-v1'

/** Turns the events of one streamed Messages answer into chunks of the neutral form; one of these per stream. */
export class MessagesChunks {
  readonly #context: AnswerContext
  readonly #usage: UsageSoFar
  readonly #blocks = new Map<unknown, OpenBlock>()
  #head: AnswerHead
  #textLength = 0
  #toolCalls = 0
  #details = 0

  constructor(context: AnswerContext, usage: UsageSoFar) {
    this.#context = context
    this.#usage = usage
    this.#head = { id: '', model: '', created: context.created }
  }

  /** What one event says in the neutral form: mostly one chunk, or none. Events of unknown types say nothing. */
  *of(event: JsonObject): Generator<ChunkEvent, void, undefined> {
    switch (event.type) {
      case 'message_start':
        yield this.#opening(isJsonObject(event.message) ? event.message : {})
        break
      case 'content_block_start':
        yield* this.#blockStart(event.index, isJsonObject(event.content_block) ? event.content_block : {})
        break
      case 'content_block_delta':
        yield* this.#blockDelta(event.index, isJsonObject(event.delta) ? event.delta : {})
        break
      case 'content_block_stop':
        yield* this.#blockStop(event.index)
        break
      case 'message_delta':
        yield* this.#messageDelta(isJsonObject(event.delta) ? event.delta : {})
        break
    }
  }

  /** The last chunk, with the usage. */
  closing(): ChunkEvent | undefined {
    const usage = this.#usage.tokens
    return usage === undefined ? undefined : { type: 'metadata', chunk: usageChunkBody(this.#head, usage), usage }
  }

  #opening({ id, model }: JsonObject): ChunkEvent {
    const named = typeof model === 'string' ? model : ''
    this.#head = { id: typeof id === 'string' ? id : '', model: named, created: this.#context.created }
    return {
      type: 'metadata',
      chunk: chunkBody(this.#head, { role: 'assistant', content: '' }),
      ...(named === '' ? {} : { reportedModel: named }),
    }
  }

  *#blockStart(at: unknown, block: JsonObject): Generator<ChunkEvent, void, undefined> {
    const { type } = block
    const isTool = type === 'tool_use'
    const isReasoning = type === 'thinking' || type === 'redacted_thinking'
    const index = isTool ? this.#toolCalls : this.#details
    const open: OpenBlock = { type, index, start: this.#textLength, input: isTool ? block.input : undefined }
    this.#blocks.set(at, open)
    if (isTool) {
      this.#toolCalls += 1
      const { id, name } = calledTool(block, this.#context.toolNames)
      yield this.#toolDelta(index, { id, type: 'function', function: { name, arguments: '' } })
    } else if (isReasoning) {
      this.#details += 1
      if (type === 'redacted_thinking')
        yield this.#detail({ type: 'reasoning.encrypted', data: block.data, format, index })
      else yield* this.#thought(index, block.thinking)
      if (typeof block.signature === 'string' && block.signature !== '') yield* this.#signature(index, block.signature)
    } else if (type === 'text') yield* this.#text(block.text)
  }

  *#blockDelta(at: unknown, delta: JsonObject): Generator<ChunkEvent, void, undefined> {
    const block = this.#blocks.get(at)
    if (block === undefined) return
    switch (delta.type) {
      case 'text_delta':
        yield* this.#text(delta.text)
        break
      case 'thinking_delta':
        yield* this.#thought(block.index, delta.thinking)
        break
      case 'signature_delta':
        yield* this.#signature(block.index, delta.signature)
        break
      case 'input_json_delta':
        // Hosted tools have input too, which is not for the caller to act on.
        if (block.type === 'tool_use') yield* this.#arguments(block, delta.partial_json)
        break
      case 'citations_delta':
        if (isJsonObject(delta.citation)) yield this.#annotation(delta.citation, block.start)
        break
    }
  }

  *#blockStop(at: unknown): Generator<ChunkEvent, void, undefined> {
    const block = this.#blocks.get(at)
    this.#blocks.delete(at)
    if (block?.type !== 'tool_use' || block.input === undefined) return
    yield this.#toolDelta(block.index, { function: { arguments: JSON.stringify(block.input) } })
  }

  *#messageDelta(delta: JsonObject): Generator<ChunkEvent, void, undefined> {
    const refusal = refusalOf(delta)
    if (refusal !== undefined) yield this.#content({ refusal })
    if (typeof delta.stop_reason !== 'string') return
    const usage = this.#usage.tokens
    const chunk = chunkBody(this.#head, {}, choiceEnd(delta))
    yield { type: 'metadata', chunk, ...(usage === undefined ? {} : { usage }) }
  }

  *#text(text: unknown): Generator<ChunkEvent, void, undefined> {
    if (typeof text !== 'string' || text === '') return
    this.#textLength += text.length
    yield this.#content({ content: text })
  }

  *#thought(index: number, text: unknown): Generator<ChunkEvent, void, undefined> {
    if (typeof text !== 'string' || text === '') return
    const detail = { type: 'reasoning.text', text, format, index }
    yield this.#content({ reasoning_content: text, reasoning_details: [detail] })
  }

  *#signature(index: number, signature: unknown): Generator<ChunkEvent, void, undefined> {
    if (typeof signature === 'string') yield this.#detail({ type: 'reasoning.text', signature, format, index })
  }

  *#arguments(block: OpenBlock, json: unknown): Generator<ChunkEvent, void, undefined> {
    // The first piece is mostly empty, and says that the input comes in pieces all the same.
    if (typeof json !== 'string' || json === '') return
    block.input = undefined
    yield this.#toolDelta(block.index, { function: { arguments: json } })
  }

  #annotation(citation: JsonObject, start: number): ChunkEvent {
    return this.#content({ annotations: [toAnnotation(citation, start, this.#textLength)] })
  }

  #detail(detail: JsonObject): ChunkEvent {
    return this.#content({ reasoning_details: [detail] })
  }

  #toolDelta(index: number, call: JsonObject): ChunkEvent {
    return this.#content({ tool_calls: [{ index, ...call }] })
  }

  #content(delta: JsonObject): ChunkEvent {
    return { type: 'content', chunk: chunkBody(this.#head, delta) }
  }
}
