import type { ChatCompletion, ChunkEvent, JsonObject } from '../../providers/chat-provider.ts'
import type { AnswerReceipt, AnswerWriter } from '../answer-writer.ts'
import { toErrorResponse } from '../error-response.ts'
import type { HttpExchange } from '../http-exchange.ts'
import { SseWriter } from '../streaming/sse-writer.ts'
import { decisionHeaders } from './decision-headers.ts'
import { toResponseId } from './response-id.ts'

/** Our own part of an answer, beside OpenAI's. */
export interface PointsmanExtension {
  readonly decision_id: string
  readonly llm: string
  /** Null: not known. */
  readonly cost_usd: number | null
  readonly cold: boolean
}

/**
 * Answers in the form of OpenAI's chat completions. `id` is the response id that feedback names, `model` the LLM that
 * answered; everything else stays as the upstream wrote it.
 *
 * The cost rides in `pointsman` (and `usage.cost`): in a stream on the last chunk before `[DONE]`. That is the usage
 * chunk when the caller asked for one, else the chunk with the finish reason, which is held back until the settlement
 * is committed. No chunk is added for it: an unasked chunk without choices breaks simple clients.
 */
export class ChatAnswerWriter implements AnswerWriter {
  readonly #exchange: HttpExchange
  readonly #sse: SseWriter
  readonly #includeUsage: boolean
  #id = ''
  #model = ''
  /** Sent once something follows, or with the cost at the end. */
  #heldBack: JsonObject | undefined

  /** @param includeUsage the caller asked for `stream_options.include_usage`. */
  constructor(exchange: HttpExchange, includeUsage: boolean) {
    this.#exchange = exchange
    this.#sse = new SseWriter(exchange.response)
    this.#includeUsage = includeUsage
  }

  complete(completion: ChatCompletion, receipt: AnswerReceipt): void {
    this.#identify(receipt)
    const body = this.#withCost(this.#ours(completion.body), receipt)
    this.#exchange.sendJson(200, body, decisionHeaders(receipt))
  }

  open(receipt: AnswerReceipt): void {
    this.#identify(receipt)
    this.#sse.open({ 'x-request-id': this.#exchange.id, ...decisionHeaders(receipt) })
  }

  chunk({ chunk, usage }: ChunkEvent): Promise<void> | undefined {
    const usageOnly = usage !== undefined && isEmptyList(chunk.choices)
    if (usageOnly && !this.#includeUsage) return undefined
    const earlier = this.#heldBack
    this.#heldBack = undefined
    const waiting = earlier === undefined ? undefined : this.#sse.send(JSON.stringify(earlier))
    const ours = this.#ours(chunk)
    if (usageOnly || hasFinishReason(chunk)) {
      this.#heldBack = ours
      return waiting
    }
    return this.#sse.send(JSON.stringify(ours))
  }

  finish(receipt: AnswerReceipt): void {
    const last = this.#heldBack ?? this.#closingChunk()
    const text = JSON.stringify(this.#withCost(last, receipt))
    this.#sse.end(`${text}\n\ndata: [DONE]`)
  }

  /** An error event and no `[DONE]`: a cut answer must never look whole. */
  fail(error: unknown): void {
    const { response, id } = this.#exchange
    if (response.destroyed) return
    this.#sse.end(JSON.stringify(toErrorResponse(error, id).body))
  }

  #identify(receipt: AnswerReceipt): void {
    this.#id = toResponseId(receipt.decision.id)
    this.#model = receipt.answered
  }

  #ours(body: JsonObject): JsonObject {
    return { ...body, id: this.#id, model: this.#model }
  }

  #withCost(body: JsonObject, receipt: AnswerReceipt): JsonObject {
    const { decision, answered, costUsd } = receipt
    const pointsman: PointsmanExtension = {
      decision_id: decision.id,
      llm: answered,
      cost_usd: costUsd ?? null,
      cold: decision.cold,
    }
    const usage = body.usage
    if (typeof usage !== 'object' || usage === null || costUsd === undefined) return { ...body, pointsman }
    return { ...body, usage: { ...usage, cost: costUsd }, pointsman }
  }

  /** For upstreams that ended without a finish reason; we invent none. */
  #closingChunk(): JsonObject {
    const choice = { index: 0, delta: {}, finish_reason: null }
    return {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: Math.floor(this.#exchange.receivedAtMs / 1_000),
      model: this.#model,
      choices: [choice],
    }
  }
}

function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0
}

function hasFinishReason(chunk: JsonObject): boolean {
  const choices = chunk.choices
  if (!Array.isArray(choices)) return false
  return choices.some((choice: unknown) => {
    if (typeof choice !== 'object' || choice === null || !('finish_reason' in choice)) return false
    return choice.finish_reason !== null && choice.finish_reason !== undefined
  })
}
