import type { ChatCompletion, ChunkEvent } from '../../../providers/chat-provider.ts'
import type { AnswerReceipt, AnswerWriter } from '../../answer-writer.ts'
import { toErrorResponseIn } from '../../error-response.ts'
import type { HttpExchange } from '../../http-exchange.ts'
import { SseWriter } from '../../streaming/sse-writer.ts'
import type { PointsmanExtension } from '../chat-answer-writer.ts'
import { decisionHeaders } from '../decision-headers.ts'
import { toResponseId } from '../response-id.ts'
import type { ContentBlockOptions } from './content-block-stream.ts'
import { isPlainName } from './messages-sse.ts'
import { NativeRelay } from './native-relay.ts'
import { NeutralRelay } from './neutral-relay.ts'
import { type MessageHead, toMessage } from './whole-message.ts'

export interface MessagesAnswerOptions {
  /** Whether the caller asked to see thinking. */
  readonly showThinking: boolean
  /** What of the request only an upstream of this API has seen. */
  readonly nativeOnly: readonly string[]
  /** What no upstream has seen. */
  readonly neverSent: readonly string[]
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

  /** An upstream of this API has seen what only it can read. */
  #headers(receipt: AnswerReceipt, native: boolean): Record<string, string> {
    const { [droppedHeader]: dropped, ...headers } = decisionHeaders(receipt)
    const { nativeOnly, neverSent } = this.#options
    const unseen = native ? neverSent : [...new Set([...nativeOnly, ...neverSent])]
    const names = [...(dropped === undefined ? [] : [dropped]), ...unseen.filter(isPlainName).slice(0, maxDroppedNames)]
    return names.length === 0 ? headers : { ...headers, [droppedHeader]: names.join(', ') }
  }
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
