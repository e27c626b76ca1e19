import {
  type ChatCompletion,
  type ChunkEvent,
  isJsonObject,
  type JsonObject,
} from '../../../providers/chat-provider.ts'
import { ProviderError } from '../../../providers/provider-error.ts'
import type { TokenUsage } from '../../../routing/registry/token-price.ts'
import type { AnswerReceipt, AnswerWriter } from '../../answer-writer.ts'
import { toErrorResponse } from '../../error-response.ts'
import type { HttpExchange } from '../../http-exchange.ts'
import { SseWriter } from '../../streaming/sse-writer.ts'
import { decisionHeaders } from '../decision-headers.ts'
import { toResponseId } from '../response-id.ts'
import { readAnswerPiece } from './neutral-answer-reader.ts'
import { asOurs, endOf, type ResponseHead, type ResponseState, responseBody, withCost } from './response-body.ts'
import { ResponseOutput } from './response-output.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

/** Keeps a finished response; false when it could not be. Never throws. */
export type KeepResponse = (decisionId: string, response: JsonObject) => Promise<boolean>

/** An event that ends a stream. */
interface LastEvent {
  readonly type: unknown
  readonly response: JsonObject
}

export interface ResponsesAnswerOptions {
  readonly request: ResponsesRequestBody
  /** Undefined: the response is not to be kept. */
  readonly keep: KeepResponse | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Events that end a stream: sent with the cost, once the settlement is committed. */
const lastEvents: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/**
 * Answers in the form of OpenAI's Responses API. Answers in the neutral form are built anew; those of an upstream that
 * speaks this API pass as they are, but for `id`, `model` and what is kept.
 *
 * The cost rides in `usage.cost` and `pointsman` of the last response object. There is no `[DONE]`: a stream is whole
 * when `response.completed` or `response.incomplete` came.
 */
export class ResponsesAnswerWriter implements AnswerWriter {
  /** Resolves when the answer is written: a kept one waits for its commit. */
  ended: Promise<void> = Promise.resolve()
  readonly #exchange: HttpExchange
  readonly #sse: SseWriter
  readonly #options: ResponsesAnswerOptions
  #head: ResponseHead | undefined
  #output: ResponseOutput | undefined
  #usage: TokenUsage | undefined
  #finishReason: string | undefined
  #serviceTier: string | undefined
  /** The upstream's own last event, and the items that it has ended. */
  #nativeEnd: LastEvent | undefined
  readonly #nativeItems: JsonObject[] = []
  #sequence = 0
  #begun = false
  #waiting: Promise<void> | undefined

  constructor(exchange: HttpExchange, options: ResponsesAnswerOptions) {
    this.#exchange = exchange
    this.#sse = new SseWriter(exchange.response)
    this.#options = options
  }

  complete(completion: ChatCompletion, receipt: AnswerReceipt): void {
    const head = this.#begin(receipt)
    const { body, dialect, usage } = completion
    const response = dialect === 'responses' ? asOurs(body, head) : this.#wholeResponse(body, usage, head, receipt)
    this.ended = this.#kept(withCost(response, receipt), receipt, (final) => {
      this.#exchange.sendJson(200, final, decisionHeaders(receipt))
    })
  }

  open(receipt: AnswerReceipt): void {
    this.#begin(receipt)
    this.#sse.open({ 'x-request-id': this.#exchange.id, ...decisionHeaders(receipt) })
  }

  chunk({ chunk, dialect, usage }: ChunkEvent): Promise<void> | undefined {
    this.#usage = usage ?? this.#usage
    this.#waiting = undefined
    if (dialect === 'responses') this.#passOn(chunk)
    else this.#addNeutral(chunk)
    return this.#waiting
  }

  finish(receipt: AnswerReceipt): void {
    const last = this.#lastEvent(receipt)
    if (last === undefined) {
      this.fail(new ProviderError('upstream_cut', 'The stream ended before the answer was finished'))
      return
    }
    const { type, response } = last
    this.ended = this.#kept(withCost(response, receipt), receipt, (final) => {
      this.#sse.end(JSON.stringify({ ...last, response: final, sequence_number: this.#sequence }), String(type))
    })
  }

  /** `response.failed`, then the error event at which official clients throw; never `response.completed`. */
  fail(error: unknown): void {
    const { response, id } = this.#exchange
    const head = this.#head
    if (response.destroyed || head === undefined) return
    const { message, code, param } = toErrorResponse(error, id).body.error
    if (!this.#begun) this.#openNeutral(head)
    const output = this.#output?.finish('incomplete') ?? this.#nativeItems
    const fault = { code: code === 'upstream_rate_limited' ? 'rate_limit_exceeded' : 'server_error', message }
    // What failed is not kept.
    const failed = responseBody(
      { ...head, store: false },
      { status: 'failed', output, error: fault, usage: this.#usage },
    )
    this.#send({ type: 'response.failed', response: failed })
    const event = { type: 'error', code, message, param, sequence_number: this.#sequence }
    this.#sse.end(JSON.stringify(event), 'error')
  }

  #begin({ decision, answered }: AnswerReceipt): ResponseHead {
    const head: ResponseHead = {
      id: toResponseId(decision.id, 'responses'),
      createdAt: Math.floor(this.#exchange.receivedAtMs / 1_000),
      model: answered,
      request: this.#options.request,
      store: this.#options.keep !== undefined,
    }
    this.#head = head
    return head
  }

  #wholeResponse(
    body: JsonObject,
    usage: TokenUsage | undefined,
    head: ResponseHead,
    { decision }: AnswerReceipt,
  ): JsonObject {
    const { delta, logprobs, finishReason, serviceTier } = readAnswerPiece(body)
    const output = new ResponseOutput(decision.id, () => {})
    output.add(delta, logprobs)
    return this.#ended(head, output, { usage, finishReason, serviceTier })
  }

  #ended(
    head: ResponseHead,
    output: ResponseOutput,
    said: Pick<ResponseState, 'usage' | 'serviceTier'> & { readonly finishReason: string | undefined },
  ): JsonObject {
    const end = endOf(said.finishReason)
    return responseBody(head, {
      ...end,
      output: output.finish(end.status),
      usage: said.usage,
      serviceTier: said.serviceTier,
      completedAt: end.status === 'completed' ? Math.floor(this.#options.now() / 1_000) : undefined,
    })
  }

  #addNeutral(chunk: JsonObject): void {
    if (this.#head !== undefined && this.#output === undefined) this.#openNeutral(this.#head)
    const { delta, logprobs, finishReason, serviceTier } = readAnswerPiece(chunk)
    this.#finishReason = finishReason ?? this.#finishReason
    this.#serviceTier = serviceTier ?? this.#serviceTier
    this.#output?.add(delta, logprobs)
  }

  #openNeutral(head: ResponseHead): void {
    const response = responseBody(head, { status: 'in_progress', output: [] })
    this.#send({ type: 'response.created', response })
    this.#send({ type: 'response.in_progress', response })
    this.#output = new ResponseOutput(head.id.slice(toResponseId('', 'responses').length), (event) => this.#send(event))
  }

  /** An upstream's event as it is; whole responses in it are ours. */
  #passOn(event: JsonObject): void {
    const { type, response, item } = event
    const head = this.#head
    if (head === undefined) return
    if (isJsonObject(response)) {
      const ours = { ...event, type, response: asOurs(response, head) }
      if (lastEvents.has(type)) this.#nativeEnd = ours
      else this.#send(ours)
      return
    }
    if (type === 'response.output_item.done' && isJsonObject(item)) this.#nativeItems.push(item)
    this.#send(event)
  }

  #lastEvent(receipt: AnswerReceipt): LastEvent | undefined {
    const head = this.#head
    if (head === undefined) return undefined
    if (this.#nativeEnd !== undefined) return this.#nativeEnd
    // An upstream of this API that did not say how it ended.
    if (this.#begun && this.#output === undefined) return undefined
    if (this.#output === undefined) this.#openNeutral(head)
    const output = this.#output
    if (output === undefined) return undefined
    const said = { usage: this.#usage, finishReason: this.#finishReason, serviceTier: this.#serviceTier }
    const response = this.#ended({ ...head, model: receipt.answered }, output, said)
    return { type: response.status === 'completed' ? 'response.completed' : 'response.incomplete', response }
  }

  /** Says `store: true` only once it is true. */
  async #kept(response: JsonObject, { decision }: AnswerReceipt, send: (final: JsonObject) => void): Promise<void> {
    const { keep } = this.#options
    const kept = keep === undefined || (await keep(decision.id, response))
    send(kept ? response : { ...response, store: false })
  }

  /** Numbers are ours throughout: an upstream's would not go on where an event is added or held back. */
  #send(event: JsonObject): void {
    this.#begun = true
    const { type } = event
    const text = JSON.stringify({ ...event, sequence_number: this.#sequence })
    this.#sequence += 1
    this.#waiting = this.#sse.send(text, typeof type === 'string' ? type : undefined) ?? this.#waiting
  }
}
