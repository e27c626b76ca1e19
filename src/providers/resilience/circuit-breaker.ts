import type { Clock } from '../../routing/clock.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import type { ProviderErrorCode } from '../provider-error.ts'

export interface CircuitBreakerOptions {
  /** Failures in a row that open it. Default 5. */
  readonly consecutiveFailures?: number
  /** Share of failed calls in the window that opens it, (0, 1]. Default 0.5. */
  readonly failureRatio?: number
  /** Calls in the window below which the share says nothing. Default 20. */
  readonly minimumCalls?: number
  /** Default 60000. */
  readonly windowMs?: number
  /** 429s in a row that open it. Default 3. */
  readonly consecutiveRateLimits?: number
  /** How long it stays open the first time; doubles each time the probe fails. Default 10000. */
  readonly openMs?: number
  /** Longest it stays open. Default 300000. */
  readonly maxOpenMs?: number
}

export type CircuitState = 'closed' | 'open' | 'half_open'

/** Leave to make one call. It ends with `record` or `release`, of which only the first counts. */
export interface CallPermit {
  /** The answer has begun. Closes the breaker for a probe, so that others need not wait for the end of its stream. */
  begun(): void
  /**
   * Says how the call ended.
   * @param error the code of its error, or undefined after a whole answer.
   */
  record(error: ProviderErrorCode | undefined, retryAfterMs?: number): void
  /** The call ended in a way that says nothing of the upstream. */
  release(): void
}

/** What a call says of the upstream's health. */
type Verdict = 'failure' | 'rate_limited' | 'alive' | 'unknown'

const verdictByCode: Record<ProviderErrorCode, Verdict> = {
  upstream_unreachable: 'failure',
  upstream_timeout: 'failure',
  upstream_rate_limited: 'rate_limited',
  upstream_failed: 'failure',
  upstream_auth: 'failure',
  // A refused request is the caller's fault; that it was refused shows the upstream at work.
  upstream_rejected: 'alive',
  upstream_context_length: 'alive',
  upstream_invalid_response: 'failure',
  upstream_cut: 'failure',
  upstream_too_large: 'unknown',
  upstream_unavailable: 'unknown',
  aborted: 'unknown',
}

const windowSlots = 10

/**
 * Stops calling an LLM that keeps failing. Closed: calls pass. Open: none do, until `openMs` has passed. Half-open: one
 * call passes as a probe; its success, or the beginning of its stream, closes the breaker, its failure opens it for
 * twice as long. The first whole answer ends the doubling.
 */
export class CircuitBreaker {
  readonly #options: Required<CircuitBreakerOptions>
  readonly #clock: Clock
  #failuresInRow = 0
  #rateLimitsInRow = 0
  #timesOpened = 0
  #openUntilMs: number | undefined
  #probing = false
  /** Ring of calls and failures per tenth of the window; a slot is valid while its number matches the clock's. */
  readonly #slotNumber = new Float64Array(windowSlots).fill(-1)
  readonly #calls = new Float64Array(windowSlots)
  readonly #failures = new Float64Array(windowSlots)

  constructor(clock: Clock, options: CircuitBreakerOptions = {}) {
    this.#clock = clock
    this.#options = {
      consecutiveFailures: 5,
      failureRatio: 0.5,
      minimumCalls: 20,
      windowMs: 60_000,
      consecutiveRateLimits: 3,
      openMs: 10_000,
      maxOpenMs: 300_000,
      ...options,
    }
  }

  get state(): CircuitState {
    if (this.#openUntilMs === undefined) return 'closed'
    return this.#clock.now() < this.#openUntilMs ? 'open' : 'half_open'
  }

  /** Whether a call would be let through now. Changes nothing. */
  get available(): boolean {
    const { state } = this
    return state === 'closed' || (state === 'half_open' && !this.#probing)
  }

  /** Asks to make a call; undefined: do not. Every permit must be ended, else a half-open breaker waits for ever. */
  admit(): CallPermit | undefined {
    if (!this.available) return undefined
    let probe = this.state === 'half_open'
    if (probe) this.#probing = true
    let ended = false
    const end = (verdict: Verdict, answered: boolean, retryAfterMs: number | undefined) => {
      if (ended) return
      ended = true
      if (probe) this.#recordProbe(verdict, retryAfterMs)
      // A probe that had begun is a call like others by now.
      if (this.#openUntilMs === undefined) this.#recordCall(verdict, answered, retryAfterMs)
    }
    return {
      begun: () => {
        if (!probe || ended) return
        probe = false
        this.#recordProbe('alive', undefined)
      },
      record: (error, retryAfterMs) => {
        end(error === undefined ? 'alive' : verdictByCode[error], error === undefined, retryAfterMs)
      },
      release: () => end('unknown', false, undefined),
    }
  }

  #recordProbe(verdict: Verdict, retryAfterMs: number | undefined): void {
    this.#probing = false
    if (verdict === 'alive') {
      this.#openUntilMs = undefined
      this.#slotNumber.fill(-1)
    } else if (verdict !== 'unknown') this.#open(verdict, retryAfterMs)
  }

  #recordCall(verdict: Verdict, answered: boolean, retryAfterMs: number | undefined): void {
    const { consecutiveFailures, consecutiveRateLimits } = this.#options
    if (verdict === 'rate_limited') {
      this.#rateLimitsInRow++
      if (this.#rateLimitsInRow >= consecutiveRateLimits) this.#open(verdict, retryAfterMs)
    } else if (verdict === 'failure') {
      this.#failuresInRow++
      this.#count(true)
      if (this.#failuresInRow >= consecutiveFailures || this.#ratioExceeded()) this.#open(verdict, undefined)
    } else if (answered) {
      this.#failuresInRow = 0
      this.#rateLimitsInRow = 0
      this.#timesOpened = 0
      this.#count(false)
    }
  }

  /** A rate limit says itself how long to keep away, and is no sign of worsening. */
  #open(verdict: Verdict, retryAfterMs: number | undefined): void {
    const { openMs, maxOpenMs } = this.#options
    const pauseMs = verdict === 'rate_limited' ? (retryAfterMs ?? openMs) : openMs * 2 ** this.#timesOpened++
    this.#openUntilMs = this.#clock.now() + Math.min(maxOpenMs, pauseMs)
    this.#failuresInRow = 0
    this.#rateLimitsInRow = 0
  }

  #count(failed: boolean): void {
    const number = Math.floor(this.#clock.now() / (this.#options.windowMs / windowSlots))
    const slot = number % windowSlots
    if (this.#slotNumber[slot] !== number) {
      this.#slotNumber[slot] = number
      this.#calls[slot] = 0
      this.#failures[slot] = 0
    }
    this.#calls[slot]! += 1
    if (failed) this.#failures[slot]! += 1
  }

  #ratioExceeded(): boolean {
    const newest = Math.floor(this.#clock.now() / (this.#options.windowMs / windowSlots))
    let calls = 0
    let failures = 0
    for (let slot = 0; slot < windowSlots; slot++) {
      if (this.#slotNumber[slot]! <= newest - windowSlots) continue
      calls += this.#calls[slot]!
      failures += this.#failures[slot]!
    }
    return calls >= this.#options.minimumCalls && failures >= calls * this.#options.failureRatio
  }
}

/** One breaker per LLM, made when first asked for. */
export class CircuitBreakers {
  readonly #breakers = new Map<LlmId, CircuitBreaker>()
  readonly #clock: Clock
  readonly #options: CircuitBreakerOptions

  constructor(clock: Clock, options: CircuitBreakerOptions = {}) {
    this.#clock = clock
    this.#options = options
  }

  for(llm: LlmId): CircuitBreaker {
    let breaker = this.#breakers.get(llm)
    if (breaker === undefined) {
      breaker = new CircuitBreaker(this.#clock, this.#options)
      this.#breakers.set(llm, breaker)
    }
    return breaker
  }

  /** Whether a call of that LLM would be let through now: its health, for admissibility. */
  isAvailable(llm: LlmId): boolean {
    return this.#breakers.get(llm)?.available ?? true
  }

  /** Forgets an LLM that left the pool. */
  delete(llm: LlmId): void {
    this.#breakers.delete(llm)
  }
}
