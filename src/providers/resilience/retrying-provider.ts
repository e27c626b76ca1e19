import type { ChatCall, ChatCompletion, ChatEvent, ChatProvider } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { type LinkedAbort, linkAbort } from './linked-abort.ts'
import { type RetryOptions, RetrySchedule } from './retry-schedule.ts'
import { delay, systemTimers, type Timers } from './timers.ts'

export interface RetryingProviderOptions extends RetryOptions {
  /** No attempt begins later than this after the first. Default: no limit. */
  readonly deadlineMs?: number
  /** Default: the machine's time. */
  readonly timers?: Timers
}

/** Calls the same LLM again after failures that cannot have been billed, before the first event only. */
export class RetryingProvider implements ChatProvider {
  readonly #inner: ChatProvider
  readonly #schedule: RetrySchedule
  readonly #deadlineMs: number
  readonly #timers: Timers

  constructor(inner: ChatProvider, options: RetryingProviderOptions) {
    this.#inner = inner
    this.#schedule = new RetrySchedule(options)
    this.#deadlineMs = options.deadlineMs ?? Number.POSITIVE_INFINITY
    this.#timers = options.timers ?? systemTimers
  }

  complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    return this.#retry(() => this.#inner.complete(call, signal), signal)
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return {
      [Symbol.asyncIterator]: () => new RetriedStream(this.#inner, call, signal, (run, own) => this.#retry(run, own)),
    }
  }

  probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    return this.#inner.probe(signal)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async #retry<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const startMs = this.#timers.now()
    for (let attempts = 1; ; attempts++) {
      try {
        return await run()
      } catch (error) {
        if (!(error instanceof ProviderError) || signal.aborted) throw error
        const remainingMs = this.#deadlineMs - (this.#timers.now() - startMs)
        const waitMs = this.#schedule.delayMs(attempts, error, remainingMs)
        if (waitMs === undefined) throw error
        await waitUnlessAborted(this.#timers, waitMs, signal)
      }
    }
  }
}

/** @throws {ProviderError} `aborted` */
export async function waitUnlessAborted(timers: Timers, waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(timers, waitMs, signal)
  } catch (cause) {
    throw new ProviderError('aborted', 'The call was aborted while waiting to try again', { cause })
  }
}

type Retry = <T>(run: () => Promise<T>, signal: AbortSignal) => Promise<T>

class RetriedStream implements AsyncIterator<ChatEvent, undefined> {
  readonly #open: () => AsyncIterator<ChatEvent>
  readonly #retry: Retry
  readonly #link: LinkedAbort
  #events: AsyncIterator<ChatEvent> | undefined

  constructor(inner: ChatProvider, call: ChatCall, signal: AbortSignal, retry: Retry) {
    this.#link = linkAbort(signal)
    this.#open = () => inner.stream(call, this.#link.controller.signal)[Symbol.asyncIterator]()
    this.#retry = retry
  }

  async next(): Promise<IteratorResult<ChatEvent, undefined>> {
    try {
      const result =
        this.#events === undefined
          ? await this.#retry(() => {
              this.#events = this.#open()
              return this.#events.next()
            }, this.#link.controller.signal)
          : await this.#events.next()
      if (result.done === true) this.#link.release()
      return result.done === true ? { done: true, value: undefined } : result
    } catch (error) {
      this.#link.release()
      throw error
    }
  }

  async return(): Promise<IteratorResult<ChatEvent, undefined>> {
    this.#link.release()
    this.#link.controller.abort()
    await this.#events?.return?.()
    return { done: true, value: undefined }
  }
}
