import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type { ProviderError } from '../provider-error.ts'

export interface RetryOptions {
  /** Calls of the same LLM in all, the first included. Default 2. */
  readonly maxAttempts?: number
  /** Ceiling of the first wait; doubles with each attempt. Default 250. */
  readonly baseDelayMs?: number
  /** Ceiling of every wait that the upstream did not ask for. Default 4000. */
  readonly maxDelayMs?: number
  /** A longer `Retry-After` is not waited for: another LLM is sooner. Default 10000. */
  readonly maxRetryAfterMs?: number
  readonly random: RandomSource
}

/** When to call the same LLM again. */
export class RetrySchedule {
  readonly options: Required<RetryOptions>

  constructor(options: RetryOptions) {
    this.options = { maxAttempts: 2, baseDelayMs: 250, maxDelayMs: 4000, maxRetryAfterMs: 10_000, ...options }
  }

  /**
   * Exponential back-off with full jitter: uniform on [0, min(maxDelayMs, baseDelayMs·2^(n−1))), and never sooner than
   * the upstream asked for. Jitter is Brooker's "full jitter" (AWS Architecture Blog, 2015).
   *
   * @param attemptsMade n ≥ 1.
   * @param remainingMs until the deadline of all attempts together.
   * @returns how long to wait, or undefined: give up on this LLM.
   */
  delayMs(attemptsMade: number, error: ProviderError, remainingMs: number): number | undefined {
    const { maxAttempts, baseDelayMs, maxDelayMs, maxRetryAfterMs, random } = this.options
    if (!error.retryable || attemptsMade >= maxAttempts) return undefined
    const asked = error.retryAfterMs ?? 0
    if (asked > maxRetryAfterMs) return undefined
    const jittered = random.next() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attemptsMade - 1))
    const waitMs = asked + jittered
    return waitMs < remainingMs ? waitMs : undefined
  }
}
