import type { ChatCall, ChatCompletion, ChatEvent, ChatProvider } from '../chat-provider.ts'
import { type TokenCounter, tokenCounterOf } from '../embedding-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { type LinkedAbort, linkAbort } from './linked-abort.ts'
import { systemTimers, type Timers } from './timers.ts'

/** Each limit is off when undefined. */
export interface Deadlines {
  /** The whole answer, from the call to the last event. */
  readonly totalMs?: number | undefined
  /** Streams: from the call to the first content event. */
  readonly firstContentMs?: number | undefined
  /** Streams: from asking for an event to getting it, after the first content. A slow reader does not trip it. */
  readonly stallMs?: number | undefined
}

/**
 * Ends calls that take too long with `upstream_timeout`; `inconclusive` when the reader took the time, or when an answer
 * that kept coming was longer than the total allows. Around a `RetryingProvider` it is one deadline for all
 * attempts. Relies on the inner provider to end when its signal aborts.
 */
export class DeadlineProvider implements ChatProvider {
  readonly #inner: ChatProvider
  readonly #deadlines: Deadlines
  readonly #timers: Timers
  /** Where the inner provider counts. */
  readonly countTokens: TokenCounter['countTokens'] | undefined

  constructor(inner: ChatProvider, deadlines: Deadlines, timers: Timers = systemTimers) {
    this.#inner = inner
    this.#deadlines = deadlines
    this.#timers = timers
    const counter = tokenCounterOf(inner)
    if (counter !== undefined) {
      this.countTokens = (call, signal) => this.#inTime(signal, (limited) => counter.countTokens(call, limited))
    }
  }

  complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    return this.#inTime(signal, (limited) => this.#inner.complete(call, limited))
  }

  async #inTime<T>(outer: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { totalMs } = this.#deadlines
    if (totalMs === undefined) return run(outer)
    const link = linkAbort(outer)
    let late: ProviderError | undefined
    const cancel = this.#timers.after(totalMs, () => {
      late = timeoutError(`No answer within ${Math.round(totalMs)} ms`)
      link.controller.abort(late)
    })
    try {
      return await run(link.controller.signal)
    } catch (error) {
      throw late ?? error
    } finally {
      cancel()
      link.release()
    }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    const { totalMs, firstContentMs, stallMs } = this.#deadlines
    if (totalMs === undefined && firstContentMs === undefined && stallMs === undefined) {
      return this.#inner.stream(call, signal)
    }
    return {
      [Symbol.asyncIterator]: () => new TimedStream(this.#inner, call, signal, this.#deadlines, this.#timers),
    }
  }

  probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    return this.#inner.probe(signal)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

function timeoutError(message: string, inconclusive = false): ProviderError {
  return new ProviderError('upstream_timeout', message, { inconclusive })
}

interface Limit {
  readonly atMs: number
  readonly message: string
  /** Of the whole answer, however steadily it comes. */
  readonly ofWhole: boolean
}

class TimedStream implements AsyncIterator<ChatEvent, undefined> {
  readonly #events: AsyncIterator<ChatEvent>
  readonly #link: LinkedAbort
  readonly #deadlines: Deadlines
  readonly #timers: Timers
  readonly #startMs: number
  #sawContent = false
  /** When the event now awaited was asked for; undefined while the reader is busy. */
  #askedMs: number | undefined
  #cancelTimer: (() => void) | undefined
  #late: ProviderError | undefined

  constructor(inner: ChatProvider, call: ChatCall, signal: AbortSignal, deadlines: Deadlines, timers: Timers) {
    this.#link = linkAbort(signal)
    this.#events = inner.stream(call, this.#link.controller.signal)[Symbol.asyncIterator]()
    this.#deadlines = deadlines
    this.#timers = timers
    this.#startMs = timers.now()
    this.#watch()
  }

  async next(): Promise<IteratorResult<ChatEvent, undefined>> {
    this.#askedMs = this.#timers.now()
    try {
      // The total also counts while the reader is busy: it may have passed before this event was asked for.
      if (this.#late !== undefined) throw this.#late
      const result = await this.#events.next()
      if (result.done === true || result.value.type === 'finished') this.#release()
      if (result.done === true) return { done: true, value: undefined }
      if (result.value.type === 'content') this.#sawContent = true
      return result
    } catch (error) {
      this.#release()
      throw this.#late ?? error
    } finally {
      this.#askedMs = undefined
    }
  }

  async return(): Promise<IteratorResult<ChatEvent, undefined>> {
    this.#release()
    this.#link.controller.abort()
    await this.#events.return?.()
    return { done: true, value: undefined }
  }

  /**
   * One timer for the stream, not one per event: it is set for the earliest moment at which a limit could have passed,
   * looks, and is set again. Streams bring thousands of events a second.
   */
  #watch(): void {
    const nowMs = this.#timers.now()
    const passed = this.#limits(nowMs).find((limit) => limit.atMs <= nowMs)
    if (passed !== undefined) {
      // Nobody was asking: the reader took the time. Content had come and `totalMs` passed: the answer is long.
      const inconclusive = this.#askedMs === undefined || (passed.ofWhole && this.#sawContent)
      this.#late = timeoutError(passed.message, inconclusive)
      this.#link.controller.abort(this.#late)
      return
    }
    const atMs = Math.min(...this.#limits(nowMs).map((limit) => limit.atMs))
    if (!Number.isFinite(atMs)) return
    // Timers may fire a fraction early; a whole millisecond more saves looking twice.
    this.#cancelTimer = this.#timers.after(Math.ceil(atMs - nowMs), () => this.#watch())
  }

  #limits(nowMs: number): Limit[] {
    const { totalMs, firstContentMs, stallMs } = this.#deadlines
    const limits: Limit[] = []
    if (totalMs !== undefined) {
      const message = `The answer was not complete within ${Math.round(totalMs)} ms`
      limits.push({ atMs: this.#startMs + totalMs, message, ofWhole: true })
    }
    if (firstContentMs !== undefined && !this.#sawContent) {
      const message = `No content within ${firstContentMs} ms`
      limits.push({ atMs: this.#startMs + firstContentMs, message, ofWhole: false })
    }
    if (stallMs !== undefined) {
      const fromMs = this.#sawContent && this.#askedMs !== undefined ? this.#askedMs : nowMs
      limits.push({ atMs: fromMs + stallMs, message: `The stream stalled for ${stallMs} ms`, ofWhole: false })
    }
    return limits
  }

  #release(): void {
    this.#cancelTimer?.()
    this.#link.release()
  }
}
