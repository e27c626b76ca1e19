import {
  type ChatCompletion,
  type ChunkEvent,
  isJsonObject,
  type JsonObject,
} from '../../../providers/chat-provider.ts'
import type { TokenUsage } from '../../../routing/registry/token-price.ts'
import { toErrorResponseIn } from '../../error-response.ts'
import type { HttpExchange } from '../../http-exchange.ts'
import type { AnswerReceipt, AnswerWriter } from '../../serve-chat.ts'
import { SseWriter } from '../../streaming/sse-writer.ts'
import type { PointsmanExtension } from '../chat-answer-writer.ts'
import { decisionHeaders } from '../decision-headers.ts'
import { toResponseId } from '../response-id.ts'
import { type ContentBlockOptions, ContentBlockStream, type MessagesEvent } from './content-block-stream.ts'
import { toMessagesUsage } from './messages-usage.ts'
import { firstChoice, toMessagesStop } from './stop-reason.ts'
import { emptyMessage, type MessageHead, toMessage } from './whole-message.ts'

export interface MessagesAnswerOptions {
  /** Whether the caller asked to see thinking. */
  readonly showThinking: boolean
  /** What of the request only an upstream of this API has seen. */
  readonly nativeOnly: readonly string[]
}

const droppedHeader = 'x-pointsman-dropped-params'
/** Fields that nobody knows can be as many as a body holds. */
const maxDroppedNames = 32

/**
 * Answers in the form of Anthropic's Messages API. `id` is the response id that feedback names, `model` the LLM that
 * answered. Answers of an upstream of the same API pass through but for these; all others are put together from the neutral
 * form.
 *
 * The cost rides in `pointsman`: of the message, in a stream of `message_delta`, which is held back with `message_stop`
 * until the settlement is committed. A stream that was cut ends with an `error` event and without `message_stop`.
 */
export class MessagesAnswerWriter implements AnswerWriter {
  readonly #exchange: HttpExchange
  readonly #sse: SseWriter
  readonly #options: MessagesAnswerOptions
  #receipt: AnswerReceipt | undefined
  /** Undefined until the first event shows which way the answer comes. */
  #stream: NativeRelay | NeutralRelay | undefined

  constructor(exchange: HttpExchange, options: MessagesAnswerOptions) {
    this.#exchange = exchange
    this.#sse = new SseWriter(exchange.response)
    this.#options = options
  }

  complete(completion: ChatCompletion, receipt: AnswerReceipt): void {
    const native = completion.dialect === 'messages'
    const head = headOf(receipt)
    const message = native
      ? { ...completion.body, ...head }
      : toMessage(completion, head, blockOptions(receipt, this.#options))
    this.#exchange.sendJson(200, { ...message, pointsman: extension(receipt) }, this.#headers(receipt, native))
  }

  /** The headers wait for the first event: before it nobody knows what was dropped. */
  open(receipt: AnswerReceipt): void {
    this.#receipt = receipt
  }

  chunk(event: ChunkEvent): Promise<void> | undefined {
    const stream = this.#stream ?? this.#begin(event.dialect === 'messages')
    return stream.chunk(event)
  }

  finish(receipt: AnswerReceipt): void {
    const stream = this.#stream ?? this.#begin(false)
    stream.finish(extension(receipt))
  }

  fail(error: unknown): void {
    const { response, id } = this.#exchange
    if (response.destroyed) return
    if (this.#stream === undefined) this.#begin(false)
    this.#sse.end(JSON.stringify(toErrorResponseIn('anthropic', error, id).body), 'error')
  }

  #begin(native: boolean): NativeRelay | NeutralRelay {
    const receipt = this.#receipt!
    this.#sse.open({
      'x-request-id': this.#exchange.id,
      'request-id': this.#exchange.id,
      ...this.#headers(receipt, native),
    })
    const head = headOf(receipt)
    this.#stream = native
      ? new NativeRelay(this.#sse, head)
      : new NeutralRelay(this.#sse, head, blockOptions(receipt, this.#options))
    return this.#stream
  }

  /** An upstream of this API has seen the request as it came. */
  #headers(receipt: AnswerReceipt, native: boolean): Record<string, string> {
    const { [droppedHeader]: dropped, ...headers } = decisionHeaders(receipt)
    if (native) return headers
    const nativeOnly = this.#options.nativeOnly.filter(isHeaderToken).slice(0, maxDroppedNames)
    const names = [...(dropped === undefined ? [] : [dropped]), ...nativeOnly]
    return names.length === 0 ? headers : { ...headers, [droppedHeader]: names.join(', ') }
  }
}

/** Events of an upstream of this API, each as it came. */
class NativeRelay {
  readonly #sse: SseWriter
  readonly #head: MessageHead
  /** `message_delta`, which gets the cost. */
  #heldBack: MessagesEvent | undefined

  constructor(sse: SseWriter, head: MessageHead) {
    this.#sse = sse
    this.#head = head
  }

  chunk({ chunk }: ChunkEvent): Promise<void> | undefined {
    const { type } = chunk
    // What is no name would break the framing of the events behind it.
    if (typeof type !== 'string' || !isHeaderToken(type) || type === 'message_stop') return undefined
    const event: MessagesEvent = { ...chunk, type }
    if (type === 'message_start' && isJsonObject(event.message)) event.message = { ...event.message, ...this.#head }
    if (type === 'ping') return send(this.#sse, event)
    const earlier = this.#heldBack
    this.#heldBack = type === 'message_delta' ? event : undefined
    const waiting = earlier === undefined ? undefined : send(this.#sse, earlier)
    return type === 'message_delta' ? waiting : (send(this.#sse, event) ?? waiting)
  }

  finish(pointsman: PointsmanExtension): void {
    end(this.#sse, this.#heldBack, pointsman)
  }
}

/** Neutral chunks as this API's events. */
class NeutralRelay {
  readonly #sse: SseWriter
  readonly #head: MessageHead
  readonly #blocks: ContentBlockStream
  #started = false
  #usage: TokenUsage | undefined
  #end: JsonObject | undefined
  #waiting: Promise<void> | undefined

  constructor(sse: SseWriter, head: MessageHead, options: ContentBlockOptions) {
    this.#sse = sse
    this.#head = head
    this.#blocks = new ContentBlockStream((event) => this.#send(event), options)
  }

  chunk({ chunk, usage }: ChunkEvent): Promise<void> | undefined {
    this.#waiting = undefined
    this.#usage = usage ?? this.#usage
    this.#start()
    const choice = firstChoice(chunk)
    if (isJsonObject(choice?.delta)) this.#blocks.add(choice.delta)
    if (typeof choice?.finish_reason === 'string') this.#end = choice
    return this.#waiting
  }

  finish(pointsman: PointsmanExtension): void {
    this.#start()
    this.#blocks.end()
    const delta = toMessagesStop(this.#end, this.#blocks)
    end(this.#sse, { type: 'message_delta', delta, usage: toMessagesUsage(this.#usage) }, pointsman)
  }

  /** Input tokens are rarely known now: `message_delta` tells them again. */
  #start(): void {
    if (this.#started) return
    this.#started = true
    const message = { ...emptyMessage(this.#head), usage: toMessagesUsage(this.#usage) }
    this.#send({ type: 'message_start', message })
    this.#send({ type: 'ping' })
  }

  #send(event: MessagesEvent): void {
    this.#waiting = send(this.#sse, event) ?? this.#waiting
  }
}

function send(sse: SseWriter, event: MessagesEvent): Promise<void> | undefined {
  return sse.send(JSON.stringify(event), event.type)
}

function end(sse: SseWriter, delta: MessagesEvent | undefined, pointsman: PointsmanExtension): void {
  if (delta !== undefined) void send(sse, { ...delta, pointsman })
  sse.end(JSON.stringify({ type: 'message_stop', ...(delta === undefined ? { pointsman } : {}) }), 'message_stop')
}

function headOf({ decision, answered }: AnswerReceipt): MessageHead {
  return { id: toResponseId(decision.id, 'messages'), model: answered }
}

function blockOptions({ decision }: AnswerReceipt, { showThinking }: MessagesAnswerOptions): ContentBlockOptions {
  return { showThinking, newToolUseId: (position) => `toolu_${decision.id}_${position}` }
}

function extension({ decision, answered, costUsd }: AnswerReceipt): PointsmanExtension {
  return { decision_id: decision.id, llm: answered, cost_usd: costUsd ?? null, cold: decision.cold }
}

function isHeaderToken(text: string): boolean {
  return /^[\w.:-]{1,128}$/.test(text)
}
