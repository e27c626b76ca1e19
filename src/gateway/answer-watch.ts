import type { ServerResponse } from 'node:http'
import { ProviderError } from '../providers/provider-error.ts'
import type { Clock } from '../routing/clock.ts'

/** A client that reads nothing any more holds its request this much longer than the answer may take. */
const unreadGraceMs = 1_000

/** What the serving of one answer sees of its caller. */
export interface AnswerTime {
  /** Aborts when the caller leaves, when the gateway ends, and when an answer is not read in time. */
  readonly signal: AbortSignal
  /** Nothing more comes from upstream: what follows is our own time, and is not the caller's to lose. */
  upstreamEnded(): void
}

/**
 * Watches one answer from its request to its last byte at the client. A handler is done when everything is written, which
 * for a client that does not read can be long before it is sent: until then the answer holds its memory, so that it also
 * keeps its place among the requests under way.
 */
export class AnswerWatch implements AnswerTime {
  readonly #response: ServerResponse
  readonly #clock: Clock
  readonly #deadlineAtMs: number
  readonly #onEnd: () => void
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #handled = false
  #closed = false

  /** @param onEnd called once, when the answer is handled and its response is sent or lost. */
  constructor(response: ServerResponse, clock: Clock, maxAnswerMs: number, onEnd: () => void) {
    this.#response = response
    this.#clock = clock
    this.#deadlineAtMs = clock.now() + maxAnswerMs + unreadGraceMs
    this.#onEnd = onEnd
    response.once('close', () => this.#close())
    if (response.destroyed) this.#close()
    else this.#startTimer()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  upstreamEnded(): void {
    clearTimeout(this.#timer)
  }

  /** The handler is done; what it wrote may still be on its way. */
  handled(): void {
    this.#handled = true
    clearTimeout(this.#timer)
    if (this.#closed) this.#onEnd()
    else this.#startTimer()
  }

  #startTimer(): void {
    const leftMs = Math.max(unreadGraceMs, this.#deadlineAtMs - this.#clock.now())
    this.#timer = setTimeout(() => this.#response.destroy(), leftMs)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    if (!this.#response.writableFinished) {
      this.abort(new ProviderError('aborted', 'The caller left before the answer ended'))
    }
    if (this.#handled) this.#onEnd()
  }
}
