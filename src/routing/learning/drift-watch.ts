import type { LlmId } from '../registry/llm.ts'
import { ChangeDetector, type ChangeDetectorOptions, type ChangeDirection } from './change-detector.ts'

/** What one answer shows of an LLM beside its quality. */
export type DriftKind = 'cost' | 'latency'

export interface DriftAlarm {
  readonly llm: LlmId
  readonly kind: DriftKind
  readonly direction: ChangeDirection
  /** By what factor it differs from before, as seen since the change began. */
  readonly factor: number
  readonly atMs: number
}

export interface DriftWatchOptions {
  readonly detection: Readonly<Record<DriftKind, ChangeDetectorOptions>>
  /** Observations that the level and the spread are learned from before anything is watched. */
  readonly warmUp: number
  /** What is left of an observation's weight after one more, (0, 1): level and spread follow what changes slowly. */
  readonly discount: number
  /** Spread below which nothing is told apart, in logarithms: bills that always agree would make any rounding an alarm. */
  readonly leastDeviation: number
}

/**
 * Simulated over 500,000 calls each: no false alarm of cost where bills scatter independently, normal or with the heavy tails of Student's t of 3 degrees;
 * of latency none of the same and one where each call's time hangs on the one before by .6. A doubled time with a deviation of .5 of its logarithm is noticed
 * after 49 calls on average, a price by 10 % with bills that agree to 2 % after 9.
 */
const defaultDriftWatch: DriftWatchOptions = {
  detection: { cost: { allowance: 0.5, threshold: 12 }, latency: { allowance: 0.75, threshold: 20 } },
  warmUp: 30,
  discount: 0.999,
  leastDeviation: 0.02,
}

/** A single value moves level and spread by no more than this many deviations. */
const widestStep = 3

/** For people; the oldest go. */
const keptAlarms = 100

interface Watched {
  count: number
  mean: number
  variance: number
  readonly detector: ChangeDetector
}

/**
 * Watches per LLM what a token costs and how long answers take, both as the logarithm of what was seen over what was expected, by Page's test
 * ({@link ChangeDetector}, mathematics §21) on
 *
 *     x = (ln(seen/expected) − m)/s,   m, s²: discounted mean and variance of earlier ones,
 *
 * so that a ratio that has always been off (a price table that is out of date, a slow region) is no alarm, and a change is. After an alarm level and
 * spread are learned anew.
 */
export class DriftWatch {
  readonly options: DriftWatchOptions
  readonly #watched = new Map<string, Watched>()
  readonly #alarms: DriftAlarm[] = []

  constructor(options: DriftWatchOptions = defaultDriftWatch) {
    this.options = options
  }

  /** The latest, the oldest first. */
  get alarms(): readonly DriftAlarm[] {
    return this.#alarms
  }

  /**
   * @param seen and `expected` in the same unit, > 0 and finite; anything else is passed over.
   * @returns the alarm it raised.
   */
  observe(llm: LlmId, kind: DriftKind, seen: number, expected: number, atMs: number): DriftAlarm | undefined {
    const ratio = Math.log(seen / expected)
    if (!Number.isFinite(ratio)) return undefined
    const watched = this.#of(llm, kind)
    const { warmUp, leastDeviation } = this.options
    const deviation = Math.max(leastDeviation, Math.sqrt(watched.variance))
    const standardised = (ratio - watched.mean) / deviation
    if (watched.count < warmUp) {
      this.#learn(watched, ratio)
      return undefined
    }
    const change = watched.detector.observe(standardised, ratio - watched.mean, 1)
    // What changes for good must not be learned away before it is noticed; what drifts slowly is.
    this.#learn(watched, watched.mean + Math.max(-widestStep, Math.min(widestStep, standardised)) * deviation)
    if (change === undefined) return undefined
    this.#watched.delete(keyOf(llm, kind))
    const alarm: DriftAlarm = { llm, kind, direction: change.direction, factor: Math.exp(change.mean), atMs }
    this.#alarms.push(alarm)
    if (this.#alarms.length > keptAlarms) this.#alarms.shift()
    return alarm
  }

  /** What is known of it is worth nothing from now on, such as after a change of price that was told. */
  forget(llm: LlmId, kind: DriftKind): void {
    this.#watched.delete(keyOf(llm, kind))
  }

  #learn(watched: Watched, ratio: number): void {
    watched.count++
    const rate = Math.max(1 - this.options.discount, 1 / watched.count)
    const error = ratio - watched.mean
    watched.mean += rate * error
    watched.variance += rate * ((1 - rate) * error * error - watched.variance)
  }

  #of(llm: LlmId, kind: DriftKind): Watched {
    const key = keyOf(llm, kind)
    let watched = this.#watched.get(key)
    if (watched === undefined) {
      watched = { count: 0, mean: 0, variance: 0, detector: new ChangeDetector(this.options.detection[kind]) }
      this.#watched.set(key, watched)
    }
    return watched
  }
}

function keyOf(llm: LlmId, kind: DriftKind): string {
  return `${kind} ${llm}`
}
