import { type ChunkEvent, isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import type { TokenUsage } from '../../../routing/registry/token-price.ts'
import type { SseWriter } from '../../streaming/sse-writer.ts'
import type { PointsmanExtension } from '../chat-answer-writer.ts'
import { type ContentBlockOptions, ContentBlockStream, type MessagesEvent } from './content-block-stream.ts'
import { endMessage, sendEvent } from './messages-sse.ts'
import { toMessagesUsage } from './messages-usage.ts'
import { firstChoice, toMessagesStop } from './stop-reason.ts'
import { emptyMessage, type MessageHead } from './whole-message.ts'

/** Neutral chunks as this API's events. */
export class NeutralRelay {
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
    endMessage(this.#sse, { type: 'message_delta', delta, usage: toMessagesUsage(this.#usage) }, pointsman)
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
    this.#waiting = sendEvent(this.#sse, event) ?? this.#waiting
  }
}
