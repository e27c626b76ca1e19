import type { Llm, LlmId } from '../registry/llm.ts'
import { priorOutputTokens } from './bill-corrections.ts'

export interface CompletionTimeOptions {
  /** Share of the old estimate that survives one observation; .95 remembers about the last 20 calls of its kind. */
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

/** What one finished call showed. One with a number that is negative or not finite is ignored. */
export interface ObservedCall {
  /** Undefined for an answer that was not streamed. */
  readonly timeToFirstTokenMs: number | undefined
  readonly completionMs: number
  readonly outputTokens: number | undefined
  /**
   * Load at that LLM when this one was sent, as {@link CompletionTimeModel.begin} said; undefined where it was not noted.
   */
  readonly inFlightAtStart?: number | undefined
}

/** One token has no duration; a handful are dominated by the network's granularity. */
const fewestTimedTokens = 8

/** What the assumed wait per request in flight counts for, in requests in flight: one burst of 20 shows 190. */
const assumedInFlight = 4

/** With one slot a request ahead costs its whole time, and those ahead may be longer than the mean: twice that. */
const mostWaitPerCallTime = 2

interface LlmTimes {
  /** Declared with the LLM, or seen at least once. */
  known: boolean
  inFlight: number
  /** What they are expected to write, all together. */
  tokensInFlight: number
  /** Mean of what calls were expected to write; requests of another length count for more or less than one. */
  usualTokens: number
  /** First-token time with nothing else in flight. */
  idleFirstTokenMs: number
  /** Observations behind it; the declared one counts for one. */
  idleCalls: number
  /** What each request ahead adds: the queue, as seen from outside. */
  waitPerInFlightMs: number
  msPerToken: number
  /** Mean time from the first token to the last. */
  generationMs: number
  /** Decayed sums over the calls that found others in flight: how many, their first-token times, the others. */
  loadedCalls: number
  loadedFirstTokenMs: number
  loadedInFlight: number
}

/**
 * Expected completion time of a call, W = wait + ttft + length/speed (mathematics §4), learned online per LLM.
 *
 * Requests in flight count from the moment they are sent, so that a burst between two observations does not herd onto
 * one LLM, and by the time that each is expected to take: one long answer ahead holds a slot as long as many short ones
 * (decision 17). What one request of the usual length ahead costs is learned from the load when a call was *sent*: when it ends the
 * order is turned round, the first of a burst to finish waited least and leaves most behind. Calls that found nobody
 * ahead teach the idle first-token time; of all others
 *
 *     wait per request ahead = Σ (first-token time − idle) / Σ requests ahead,
 *
 * a ratio of sums, so that the wait at the usual load is right whatever the queue's shape; a regression line through
 * the steps of a queue with slots would put the idle time far too low. Each kind of call forgets at its own pace: a
 * quiet night does not erase what a queue costs.
 *
 * MixLLM (arXiv:2502.18482, §3.4) refreshes waiting times every 10 s instead; that variant is an evaluation protocol,
 * not this class.
 */
export class CompletionTimeModel {
  readonly options: CompletionTimeOptions
  readonly #times = new Map<LlmId, LlmTimes>()

  constructor(options: Partial<CompletionTimeOptions> = {}) {
    this.options = { ...defaultCompletionTimeOptions, ...options }
  }

  /**
   * One request was sent; returns the load before it: requests in flight, each counted by the time it is expected to take
   * over that of the usual one.
   *
   * @param outputTokens what it is expected to write; undefined or not finite: as much as usual.
   */
  begin(llm: Llm, outputTokens?: number): number {
    const times = this.#of(llm)
    const load = loadOf(times)
    const tokens = isLength(outputTokens) ? outputTokens : times.usualTokens
    times.inFlight++
    times.tokensInFlight += tokens
    times.usualTokens += (1 - this.options.retention) * (tokens - times.usualTokens)
    return load
  }

  /**
   * One request ended; `observed` only where a whole answer came, since a failure says nothing about speed.
   *
   * @param llm its id where it has left the pool; what it takes counts when it returns.
   * @param outputTokens what {@link begin} was told of it; without it, it is taken for the mean of those in flight.
   */
  end(llm: Llm | LlmId, observed: ObservedCall | undefined, outputTokens?: number): void {
    const times = typeof llm === 'string' ? this.#times.get(llm) : this.#of(llm)
    if (times === undefined) return
    const tokens = isLength(outputTokens) ? outputTokens : times.tokensInFlight / Math.max(1, times.inFlight)
    times.inFlight = Math.max(0, times.inFlight - 1)
    // Nothing in flight writes nothing: rounding does not add up.
    times.tokensInFlight = times.inFlight === 0 ? 0 : Math.max(0, times.tokensInFlight - tokens)
    if (observed !== undefined && isPlausible(observed)) this.#observe(times, observed)
  }

  /** Whether its times rest on anything: declared with the LLM, or observed. */
  isKnown(llm: Llm): boolean {
    return this.#of(llm).known
  }

  /** W in milliseconds for an answer of that length, with the requests in flight now ahead of it. */
  expectedCompletionMs(llm: Llm, outputTokens: number): number {
    const times = this.#of(llm)
    return times.idleFirstTokenMs + times.waitPerInFlightMs * loadOf(times) + outputTokens * times.msPerToken
  }

  #observe(times: LlmTimes, observed: ObservedCall): void {
    const { timeToFirstTokenMs, completionMs, outputTokens, inFlightAtStart } = observed
    // In one piece and of unknown length: nothing tells waiting from writing.
    if (timeToFirstTokenMs === undefined && outputTokens === undefined) return
    times.known = true
    if (timeToFirstTokenMs !== undefined) {
      const generationMs = Math.max(0, completionMs - timeToFirstTokenMs)
      this.#observeGeneration(times, generationMs, outputTokens ?? 0)
      this.#observeFirstToken(times, timeToFirstTokenMs, inFlightAtStart)
    } else if ((inFlightAtStart ?? 0) === 0) {
      this.#observeWhole(times, completionMs, outputTokens ?? 0)
    } else {
      const generationMs = (outputTokens ?? 0) * times.msPerToken
      this.#observeFirstToken(times, Math.max(0, completionMs - generationMs), inFlightAtStart)
    }
  }

  #observeGeneration(times: LlmTimes, generationMs: number, tokens: number): void {
    const learn = 1 - this.options.retention
    times.generationMs += learn * (generationMs - times.generationMs)
    if (tokens < fewestTimedTokens || generationMs === 0) return
    times.msPerToken += learn * (generationMs / tokens - times.msPerToken)
  }

  /** An answer in one piece that waited for nobody shows only a sum: both parts move by the same ratio. */
  #observeWhole(times: LlmTimes, completionMs: number, tokens: number): void {
    const expected = times.idleFirstTokenMs + tokens * times.msPerToken
    const ratio = Math.min(4, Math.max(0.25, completionMs / Math.max(1, expected)))
    const step = ratio ** (1 - this.options.retention)
    times.idleFirstTokenMs *= step
    times.msPerToken *= step
    times.generationMs *= step
  }

  /** @param inFlight unknown, as in the log, it teaches the level: the time counts as an idle one. */
  #observeFirstToken(times: LlmTimes, firstTokenMs: number, inFlight: number | undefined): void {
    if (inFlight === undefined || inFlight === 0) {
      times.idleCalls++
      const learn = Math.max(1 - this.options.retention, 1 / times.idleCalls)
      times.idleFirstTokenMs += learn * (firstTokenMs - times.idleFirstTokenMs)
      return
    }
    const keep = this.options.retention
    times.loadedCalls = keep * times.loadedCalls + 1
    times.loadedFirstTokenMs = keep * times.loadedFirstTokenMs + firstTokenMs
    times.loadedInFlight = keep * times.loadedInFlight + inFlight
    this.#explainLoad(times)
  }

  /** Wait and idle time that agree with the calls that found others in flight. */
  #explainLoad(times: LlmTimes): void {
    const { idleFirstTokenMs, loadedCalls, loadedFirstTokenMs, loadedInFlight } = times
    const waitMs = loadedFirstTokenMs - loadedCalls * idleFirstTokenMs
    const assumedMs = assumedInFlight * (idleFirstTokenMs / this.options.assumedSlots)
    const most = mostWaitPerCallTime * (idleFirstTokenMs + times.generationMs)
    const estimate = (waitMs + assumedMs) / (loadedInFlight + assumedInFlight)
    times.waitPerInFlightMs = Math.min(most, Math.max(0, estimate))
    if (times.waitPerInFlightMs === estimate) return
    // No queue explains it: the idle time itself is off, which an LLM that is never idle shows in no other way.
    const unexplainedMs = (waitMs - times.waitPerInFlightMs * loadedInFlight) / loadedCalls
    times.idleFirstTokenMs = Math.max(1, idleFirstTokenMs + (1 - this.options.retention) * unexplainedMs)
  }

  #of(llm: Llm): LlmTimes {
    const known = this.#times.get(llm.id)
    if (known !== undefined) return known
    const idle = llm.timeToFirstTokenMs ?? this.options.defaultTimeToFirstTokenMs
    const msPerToken = 1000 / (llm.tokensPerSecond ?? this.options.defaultTokensPerSecond)
    const created: LlmTimes = {
      known: llm.timeToFirstTokenMs !== undefined || llm.tokensPerSecond !== undefined,
      inFlight: 0,
      tokensInFlight: 0,
      usualTokens: priorOutputTokens,
      idleFirstTokenMs: idle,
      idleCalls: 1,
      waitPerInFlightMs: idle / this.options.assumedSlots,
      msPerToken,
      generationMs: priorOutputTokens * msPerToken,
      loadedCalls: 0,
      loadedFirstTokenMs: 0,
      loadedInFlight: 0,
    }
    this.#times.set(llm.id, created)
    return created
  }
}

function loadOf({ inFlight, tokensInFlight, usualTokens, idleFirstTokenMs, msPerToken }: LlmTimes): number {
  if (inFlight === 0) return 0
  return (inFlight * idleFirstTokenMs + tokensInFlight * msPerToken) / (idleFirstTokenMs + usualTokens * msPerToken)
}

function isLength(tokens: number | undefined): tokens is number {
  return tokens !== undefined && Number.isFinite(tokens) && tokens >= 0
}

function isPlausible(observed: ObservedCall): boolean {
  const { timeToFirstTokenMs = 0, completionMs, outputTokens = 0, inFlightAtStart = 0 } = observed
  return [timeToFirstTokenMs, completionMs, outputTokens, inFlightAtStart].every(
    (value) => Number.isFinite(value) && value >= 0,
  )
}
