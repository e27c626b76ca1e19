import type { ChatEvent } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import type { OpenAttempt } from './attempt.ts'

/** A stream whose beginning was held back: replays it, follows the rest, and records how the attempt ended. */
export class FollowedStream implements AsyncIterator<ChatEvent, undefined> {
  /** From the call to the first content event; undefined when there was none. */
  readonly timeToFirstTokenMs: number | undefined
  readonly #held: readonly ChatEvent[]
  readonly #events: AsyncIterator<ChatEvent>
  readonly #attempt: OpenAttempt
  readonly #signal: AbortSignal
  #position = 0
  #finished = false

  private constructor(
    held: readonly ChatEvent[],
    events: AsyncIterator<ChatEvent>,
    attempt: OpenAttempt,
    signal: AbortSignal,
  ) {
    this.#held = held
    this.#events = events
    this.#attempt = attempt
    this.#signal = signal
    const last = held.at(-1)?.type
    this.timeToFirstTokenMs = last === 'content' ? attempt.elapsedMs() : undefined
    if (last === 'finished') this.#finish()
    else attempt.begun()
  }

  /**
   * Reads up to the first content event, or to a clean end without any.
   * @throws whatever the source throws before that; `upstream_cut` when it just ends.
   */
  static async untilContent(
    source: AsyncIterable<ChatEvent>,
    attempt: OpenAttempt,
    signal: AbortSignal,
  ): Promise<FollowedStream> {
    const events = source[Symbol.asyncIterator]()
    const held: ChatEvent[] = []
    for (;;) {
      const result = await events.next()
      if (result.done === true) throw new ProviderError('upstream_cut', 'The stream ended before its answer began')
      held.push(result.value)
      if (result.value.type !== 'metadata') return new FollowedStream(held, events, attempt, signal)
    }
  }

  async next(): Promise<IteratorResult<ChatEvent, undefined>> {
    const replayed = this.#held[this.#position]
    if (replayed !== undefined) {
      this.#position++
      return { done: false, value: replayed }
    }
    try {
      const result = await this.#events.next()
      if (result.done === true) {
        if (!this.#finished) throw new ProviderError('upstream_cut', 'The stream ended without its closing event')
        return { done: true, value: undefined }
      }
      if (result.value.type === 'finished') this.#finish()
      return result
    } catch (cause) {
      const error = this.#signal.aborted
        ? new ProviderError('aborted', 'The caller ended the request', { cause })
        : cause
      this.#attempt.end(error)
      throw error
    }
  }

  async return(): Promise<IteratorResult<ChatEvent, undefined>> {
    this.#attempt.end(new ProviderError('aborted', 'The reader left before the end'))
    await this.#events.return?.()
    return { done: true, value: undefined }
  }

  #finish(): void {
    this.#finished = true
    this.#attempt.end(undefined)
  }
}
