import type { LlmId } from '../../routing/registry/llm.ts'
import type { ChatAsk, ChatCall, ChatCompletion, ChatEvent, ChatProvider } from '../chat-provider.ts'
import { lowerOutputCap } from '../neutral/lower-output-cap.ts'
import { ProviderError } from '../provider-error.ts'
import { type Attempt, OpenAttempt } from './attempt.ts'
import type { CallPermit, CircuitBreakers } from './circuit-breaker.ts'
import { DeadlineProvider } from './deadline-provider.ts'
import { FollowedStream } from './followed-stream.ts'
import { type RetryOptions, RetrySchedule } from './retry-schedule.ts'
import { waitUnlessAborted } from './retrying-provider.ts'
import { systemTimers, type Timers } from './timers.ts'

/** One LLM that may answer, and where to call it. */
export interface FallbackTarget {
  readonly llmId: LlmId
  readonly provider: ChatProvider
  readonly upstreamModel: string
  /** See {@link ChatCall.reasoningEffort}. */
  readonly reasoningEffort?: string | undefined
  /** See {@link ChatCall.reasons}. */
  readonly reasons?: boolean | undefined
  /** See {@link ChatCall.asWritten}. */
  readonly asWritten?: boolean | undefined
  /** The most that the model can write, where that is known; for {@link ChatAsk.outputCapMayFall}. */
  readonly maxOutputTokens?: number | undefined
}

export interface FallbackOptions {
  /** Default: the machine's time. */
  readonly timers?: Timers
  /** One deadline for all attempts together, from the call to the last event. Default: none. */
  readonly deadlineMs?: number | undefined
  /** Streams: how long each LLM has to its first content event. Default: no limit of its own. */
  readonly firstContentMs?: number | undefined
  /** Streams: longest pause between events after the first content. Default: no limit of its own. */
  readonly stallMs?: number | undefined
  /** Calls the same LLM again before the next one. Default: no second try. */
  readonly retry?: RetryOptions | undefined
  /** Left out: every LLM is called, whatever happened before. */
  readonly breakers?: CircuitBreakers | undefined
}

export interface FallbackCompletion {
  readonly completion: ChatCompletion
  readonly answered: LlmId
  readonly attempts: readonly Attempt[]
}

export interface FallbackStream {
  readonly answered: LlmId
  /** The last entry is the LLM that answers; it is replaced by its final form before `events` ends or throws. */
  readonly attempts: readonly Attempt[]
  /** From the answering LLM's own call; undefined when the answer ended without any content. */
  readonly timeToFirstTokenMs: number | undefined
  /**
   * Everything that LLM sends, from its first event. To be read once. An error after the first content is thrown, never
   * turned into an end; `return()` closes the upstream connection.
   */
  readonly events: AsyncIterable<ChatEvent>
}

/** No LLM answered. Carries the error that tells the caller most. */
export class FallbackError extends ProviderError {
  readonly attempts: readonly Attempt[]

  constructor(error: ProviderError, attempts: readonly Attempt[]) {
    super(error.code, error.message, {
      upstreamStatus: error.upstreamStatus,
      retryable: error.retryable,
      retryAfterMs: error.retryAfterMs,
      upstreamError: error.upstreamError,
      cause: error,
    })
    this.attempts = attempts
  }
}

/**
 * Calls the targets in order until one answers. Any failure but an abort moves on to the next; two upstreams that
 * refuse the request end it, as a third would refuse it too.
 *
 * @throws {FallbackError}
 */
export async function completeWithFallback(
  targets: readonly FallbackTarget[],
  ask: ChatAsk,
  signal: AbortSignal,
  options: FallbackOptions = {},
): Promise<FallbackCompletion> {
  const run = new FallbackRun(targets, ask, signal, options)
  const { value, target } = await run.firstAnswer(async (provider, call, attempt) => {
    const completion = await provider.complete(call, signal)
    attempt.end(undefined)
    return completion
  })
  return { completion: value, answered: target.llmId, attempts: run.attempts }
}

/**
 * Like {@link completeWithFallback}, for a stream. Falls back only before the first content event: resolves once that, or
 * a clean end without content, has been seen. What came before it is held back and replayed.
 *
 * @throws {FallbackError}
 */
export async function streamWithFallback(
  targets: readonly FallbackTarget[],
  ask: ChatAsk,
  signal: AbortSignal,
  options: FallbackOptions = {},
): Promise<FallbackStream> {
  const run = new FallbackRun(targets, ask, signal, options)
  const { value, target } = await run.firstAnswer((provider, call, attempt) =>
    FollowedStream.untilContent(provider.stream(call, signal), attempt, signal),
  )
  const { timeToFirstTokenMs } = value
  const events = { [Symbol.asyncIterator]: () => value }
  return { answered: target.llmId, attempts: run.attempts, timeToFirstTokenMs, events }
}

type Call<T> = (provider: ChatProvider, call: ChatCall, attempt: OpenAttempt) => Promise<T>

class FallbackRun {
  readonly attempts: Attempt[] = []
  readonly #targets: readonly FallbackTarget[]
  readonly #ask: ChatAsk
  readonly #signal: AbortSignal
  readonly #options: FallbackOptions
  readonly #timers: Timers
  readonly #schedule: RetrySchedule | undefined
  readonly #deadlineAtMs: number
  /** Kept back by an open breaker. */
  readonly #skipped: FallbackTarget[] = []
  readonly #errors: ProviderError[] = []

  constructor(targets: readonly FallbackTarget[], ask: ChatAsk, signal: AbortSignal, options: FallbackOptions) {
    this.#targets = targets
    this.#ask = ask
    this.#signal = signal
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#schedule = options.retry === undefined ? undefined : new RetrySchedule(options.retry)
    this.#deadlineAtMs = this.#timers.now() + (options.deadlineMs ?? Number.POSITIVE_INFINITY)
  }

  async firstAnswer<T>(make: Call<T>): Promise<{ readonly value: T; readonly target: FallbackTarget }> {
    for (const target of this.#targets) {
      const permit = this.#options.breakers?.for(target.llmId).admit()
      if (this.#options.breakers !== undefined && permit === undefined) {
        this.#skip(target)
        continue
      }
      const answer = await this.#try(target, permit, make)
      if (answer !== undefined) return { value: answer.value, target }
      if (this.#hopeless()) break
    }
    // With nothing else left to ask, an LLM believed to be down is better than a certain failure.
    const lastResort = this.#errors.every(isUnavailable) ? this.#skipped[0] : undefined
    if (lastResort !== undefined) {
      const answer = await this.#try(lastResort, undefined, make)
      if (answer !== undefined) return { value: answer.value, target: lastResort }
    }
    throw new FallbackError(this.#tellingError(), this.attempts)
  }

  #skip(target: FallbackTarget): void {
    this.#skipped.push(target)
    this.attempts.push({ llm: target.llmId, error: 'upstream_unavailable', ms: 0 })
    this.#errors.push(
      new ProviderError('upstream_unavailable', `${target.llmId} has been failing and is not called for now`),
    )
  }

  /** Calls one LLM, again if the schedule allows. Undefined: it did not answer. */
  async #try<T>(
    target: FallbackTarget,
    firstPermit: CallPermit | undefined,
    make: Call<T>,
  ): Promise<{ readonly value: T } | undefined> {
    let permit = firstPermit
    for (let made = 1; ; made++) {
      const attempt = new OpenAttempt(this.attempts, target.llmId, permit, this.#timers)
      try {
        const { upstreamModel, reasoningEffort, reasons, asWritten, maxOutputTokens } = target
        const lowers = this.#ask.outputCapMayFall === true && maxOutputTokens !== undefined
        const ask = lowers ? lowerOutputCap(this.#ask, maxOutputTokens) : this.#ask
        const call: ChatCall = { ...ask, upstreamModel, reasoningEffort, reasons, asWritten }
        return { value: await make(this.#withDeadlines(target.provider), call, attempt) }
      } catch (cause) {
        const error = this.#signal.aborted ? abortedError(cause) : cause
        attempt.end(error)
        if (!(error instanceof ProviderError)) throw error
        this.#errors.push(error)
        if (error.code === 'aborted') throw new FallbackError(error, this.attempts)
        const waitMs = this.#schedule?.delayMs(made, error, this.#deadlineAtMs - this.#timers.now())
        if (waitMs === undefined) return undefined
        await this.#wait(waitMs)
        permit = this.#options.breakers?.for(target.llmId).admit()
        if (this.#options.breakers !== undefined && permit === undefined) return undefined
      }
    }
  }

  async #wait(waitMs: number): Promise<void> {
    try {
      await waitUnlessAborted(this.#timers, waitMs, this.#signal)
    } catch (cause) {
      throw new FallbackError(abortedError(cause), this.attempts)
    }
  }

  #withDeadlines(provider: ChatProvider): ChatProvider {
    const { deadlineMs, firstContentMs, stallMs } = this.#options
    if (deadlineMs === undefined && firstContentMs === undefined && stallMs === undefined) return provider
    const totalMs = deadlineMs === undefined ? undefined : Math.max(0, this.#deadlineAtMs - this.#timers.now())
    return new DeadlineProvider(provider, { totalMs, firstContentMs, stallMs }, this.#timers)
  }

  #hopeless(): boolean {
    if (this.#timers.now() >= this.#deadlineAtMs) return true
    return this.#errors.filter((error) => error.code === 'upstream_rejected').length >= 2
  }

  /** What the caller can mend comes first, then the last thing that really happened. */
  #tellingError(): ProviderError {
    const mendable = this.#errors.find((error) => error.code === 'upstream_rejected')
    const real = this.#errors.findLast((error) => !isUnavailable(error))
    const error = mendable ?? real ?? this.#errors.at(-1)
    return error ?? new ProviderError('upstream_unavailable', 'There is no LLM to call')
  }
}

function isUnavailable(error: ProviderError): boolean {
  return error.code === 'upstream_unavailable'
}

function abortedError(cause: unknown): ProviderError {
  if (cause instanceof ProviderError && cause.code === 'aborted') return cause
  return new ProviderError('aborted', 'The caller ended the request', { cause })
}
