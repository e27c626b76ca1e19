import { type ChunkEvent, isJsonObject } from '../../../providers/chat-provider.ts'
import type { SseWriter } from '../../streaming/sse-writer.ts'
import type { PointsmanExtension } from '../chat-answer-writer.ts'
import type { MessagesEvent } from './content-block-stream.ts'
import { endMessage, isPlainName, sendEvent } from './messages-sse.ts'
import type { MessageHead } from './whole-message.ts'

/** Events of an upstream of this API, each as it came. */
export class NativeRelay {
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
    if (typeof type !== 'string' || !isPlainName(type) || type === 'message_stop') return undefined
    const event: MessagesEvent = { ...chunk, type }
    if (type === 'message_start' && isJsonObject(event.message)) event.message = { ...event.message, ...this.#head }
    if (type === 'ping') return sendEvent(this.#sse, event)
    const earlier = this.#heldBack
    this.#heldBack = type === 'message_delta' ? event : undefined
    const waiting = earlier === undefined ? undefined : sendEvent(this.#sse, earlier)
    return type === 'message_delta' ? waiting : (sendEvent(this.#sse, event) ?? waiting)
  }

  finish(pointsman: PointsmanExtension): void {
    endMessage(this.#sse, this.#heldBack, pointsman)
  }
}
