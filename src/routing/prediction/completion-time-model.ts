import type { Llm, LlmId } from '../registry/llm.ts'

export interface CompletionTimeOptions {
  /** Share of the old estimate that survives one observation; .95 remembers about the last 20 calls. */
  readonly retention: number
  /** First-token time assumed of an LLM that declares none. */
  readonly defaultTimeToFirstTokenMs: number
  /** Speed assumed of an LLM that declares none. */
  readonly defaultTokensPerSecond: number
  /** Requests an LLM is first assumed to serve side by side before its first-token time has doubled. */
  readonly assumedSlots: number
}

export const defaultCompletionTimeOptions: CompletionTimeOptions = {
  retention: 0.95,
  defaultTimeToFirstTokenMs: 800,
  defaultTokensPerSecond: 60,
  assumedSlots: 16,
}

/** What one finished call showed. */
export interface ObservedCall {
  /** Undefined for an answer that was not streamed. */
  readonly timeToFirstTokenMs: number | undefined
  readonly completionMs: number
  readonly outputTokens: number | undefined
  /** Requests in flight at that LLM when this one was sent; undefined where it was not noted. */
  readonly inFlightAtStart?: number | undefined
}

interface LlmTimes {
  /** Declared with the LLM, or seen at least once. */
  known: boolean
  inFlight: number
  /** First-token time with nothing else in flight. */
  idleFirstTokenMs: number
  /** What each further request in flight adds: the queue, as seen from outside. */
  waitPerInFlightMs: number
  msPerToken: number
  /** Decayed moments of (requests in flight, first-token time), for the slope between them. */
  weight: number
  meanInFlight: number
  meanFirstTokenMs: number
  varianceInFlight: number
  covariance: number
}

/**
 * Expected completion time of a call, W = wait + ttft + length/speed (design §3.5), learned online per LLM.
 *
 * Requests in flight count from the moment they are sent, so that a burst between two observations does not herd onto
 * one LLM. MixLLM (arXiv:2502.18482, §3.4) refreshes waiting times every 10 s instead; that variant is an evaluation
 * protocol, not this class.
 */
export class CompletionTimeModel {
  readonly options: CompletionTimeOptions
  readonly #times = new Map<LlmId, LlmTimes>()

  constructor(options: Partial<CompletionTimeOptions> = {}) {
    this.options = { ...defaultCompletionTimeOptions, ...options }
  }

  /** One request was sent. */
  begin(llm: Llm): void {
    this.#of(llm).inFlight++
  }

  /** One request ended; `observed` only where a whole answer came, since a failure says nothing about speed. */
  end(llm: Llm, observed: ObservedCall | undefined): void {
    const times = this.#of(llm)
    const inFlight = Math.max(0, times.inFlight - 1)
    times.inFlight = inFlight
    if (observed !== undefined) this.#observe(times, inFlight, observed)
  }

  /** Whether its times rest on anything: declared with the LLM, or observed. */
  isKnown(llm: Llm): boolean {
    return this.#of(llm).known
  }

  inFlight(llm: Llm): number {
    return this.#times.get(llm.id)?.inFlight ?? 0
  }

  /** First-token time expected now, with the queue as it stands. */
  expectedFirstTokenMs(llm: Llm): number {
    const times = this.#of(llm)
    return times.idleFirstTokenMs + times.waitPerInFlightMs * times.inFlight
  }

  /** W in milliseconds for an answer of that length. */
  expectedCompletionMs(llm: Llm, outputTokens: number): number {
    const times = this.#of(llm)
    return times.idleFirstTokenMs + times.waitPerInFlightMs * times.inFlight + outputTokens * times.msPerToken
  }

  /** Forgets an LLM that left the pool. */
  forget(llm: LlmId): void {
    this.#times.delete(llm)
  }

  #observe(times: LlmTimes, inFlight: number, observed: ObservedCall): void {
    const keep = this.options.retention
    times.known = true
    const tokens = observed.outputTokens ?? 0
    if (observed.timeToFirstTokenMs !== undefined) {
      this.#observeFirstToken(times, inFlight, observed.timeToFirstTokenMs)
      const generationMs = observed.completionMs - observed.timeToFirstTokenMs
      // One token has no duration; a handful are dominated by the network's granularity.
      if (tokens >= 8 && generationMs > 0) {
        times.msPerToken = keep * times.msPerToken + (1 - keep) * (generationMs / tokens)
      }
      return
    }
    // An answer in one piece shows only the sum: both parts move by the same ratio.
    const expected = times.idleFirstTokenMs + times.waitPerInFlightMs * inFlight + tokens * times.msPerToken
    const ratio = Math.min(4, Math.max(0.25, observed.completionMs / Math.max(1, expected)))
    const step = ratio ** (1 - keep)
    times.idleFirstTokenMs *= step
    times.waitPerInFlightMs *= step
    times.msPerToken *= step
  }

  /** Decayed least squares of first-token time on requests in flight; the slope is held to [0, idle time]. */
  #observeFirstToken(times: LlmTimes, inFlight: number, firstTokenMs: number): void {
    const share = 1 / (times.weight * this.options.retention + 1)
    times.weight = times.weight * this.options.retention + 1
    const deltaIn = inFlight - times.meanInFlight
    const deltaMs = firstTokenMs - times.meanFirstTokenMs
    times.meanInFlight += share * deltaIn
    times.meanFirstTokenMs += share * deltaMs
    times.varianceInFlight = (1 - share) * (times.varianceInFlight + share * deltaIn * deltaIn)
    times.covariance = (1 - share) * (times.covariance + share * deltaIn * deltaMs)
    // A slope needs spread: with a steady load the assumed one stays.
    if (times.varianceInFlight > 0.25) {
      times.waitPerInFlightMs = Math.max(0, times.covariance / times.varianceInFlight)
    }
    times.idleFirstTokenMs = Math.max(1, times.meanFirstTokenMs - times.waitPerInFlightMs * times.meanInFlight)
  }

  #of(llm: Llm): LlmTimes {
    const known = this.#times.get(llm.id)
    if (known !== undefined) return known
    const idle = llm.timeToFirstTokenMs ?? this.options.defaultTimeToFirstTokenMs
    const created: LlmTimes = {
      known: llm.timeToFirstTokenMs !== undefined || llm.tokensPerSecond !== undefined,
      inFlight: 0,
      idleFirstTokenMs: idle,
      waitPerInFlightMs: idle / this.options.assumedSlots,
      msPerToken: 1000 / (llm.tokensPerSecond ?? this.options.defaultTokensPerSecond),
      weight: 2,
      meanInFlight: 0,
      meanFirstTokenMs: idle,
      varianceInFlight: 0,
      covariance: 0,
    }
    this.#times.set(llm.id, created)
    return created
  }
}
