import type { LlmId } from '../../routing/registry/llm.ts'
import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'
import type { CallPermit } from './circuit-breaker.ts'
import type { Timers } from './timers.ts'

/** One upstream call. `error` is undefined when it answered whole, or is still answering. */
export interface Attempt {
  readonly llm: LlmId
  readonly error: ProviderErrorCode | undefined
  /** From the call to its end; 0 while it is under way. */
  readonly ms: number
}

/** An attempt under way: keeps its entry in the list and its breaker up to date. */
export class OpenAttempt {
  readonly #attempts: Attempt[]
  readonly #index: number
  readonly #llm: LlmId
  readonly #permit: CallPermit | undefined
  readonly #timers: Timers
  readonly #startMs: number
  #ended = false

  constructor(attempts: Attempt[], llm: LlmId, permit: CallPermit | undefined, timers: Timers) {
    this.#attempts = attempts
    this.#llm = llm
    this.#permit = permit
    this.#timers = timers
    this.#startMs = timers.now()
    this.#index = attempts.push({ llm, error: undefined, ms: 0 }) - 1
  }

  /** Since the call. */
  elapsedMs(): number {
    return this.#timers.now() - this.#startMs
  }

  /** The first content has come. */
  begun(): void {
    this.#permit?.begun()
  }

  /**
   * Says how it ended; only the first word counts.
   * @param error whatever was thrown, or undefined after a whole answer.
   */
  end(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    const code = error instanceof ProviderError ? error.code : undefined
    this.#attempts[this.#index] = { llm: this.#llm, error: code, ms: this.elapsedMs() }
    if (error === undefined) this.#permit?.record(undefined)
    else if (error instanceof ProviderError && !error.inconclusive) this.#permit?.record(error.code, error.retryAfterMs)
    // Nor does a fault of our own say anything about the upstream.
    else this.#permit?.release()
  }
}
