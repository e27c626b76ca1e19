import type { OutcomeData } from '../outcomes/outcome-data.ts'
import type { EvaluationResult, PolicyKind, ProtocolName } from './evaluation-result.ts'

export interface ProtocolPolicy {
  readonly name: string
  readonly kind: PolicyKind
}

export interface ProtocolOptions {
  /** At least one. */
  readonly seeds: readonly number[]
  /** Names out of {@link Protocol.policies}; reference rows are always there and need not be named. */
  readonly policies: readonly string[]
  /** SHA-256 of the data's files. */
  readonly dataSha256?: string | undefined
  /** Absolute path of a starter policy, for the protocol that tries one. */
  readonly starterFile?: string | undefined
}

/**
 * A piece of work that needs nothing of another one: plain JSON. It runs in whatever thread is free, and what it yields
 * is kept on disk, so that an evaluation that was stopped goes on where it was.
 */
export interface WorkUnit {
  /** Unique in the plan; letters, digits, `-`, `_` and `.` only, as it names a file. */
  readonly key: string
  /** Expected share of the work, relative to the other units; for the time left. */
  readonly weight: number
  /** Units of the same affinity share what a worker keeps in its cache, so that one worker takes them in a row. */
  readonly affinity?: string
  /** What the unit is about, for {@link Protocol.run}: plain JSON. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A unit and what it yielded: plain JSON (NaN and infinities become null on the way through a file). */
export interface FinishedUnit<Output> {
  readonly unit: WorkUnit
  readonly output: Output
}

/** What a protocol adds to the result; the rest is the same for all. */
export type ProtocolResult = Pick<
  EvaluationResult,
  'data' | 'results' | 'comparisons' | 'findings' | 'figures' | 'notes'
>

/** One way to evaluate: divided into units of work, run anywhere, joined at the end. */
export interface Protocol<Output = unknown> {
  readonly name: ProtocolName
  /** Everything it can evaluate, in the order of its tables; the reference rows come last. */
  readonly policies: readonly ProtocolPolicy[]
  readonly defaultSeeds: number
  /** @throws {EvaluationError} when the data do not fit the protocol. */
  plan(data: OutcomeData, options: ProtocolOptions): readonly WorkUnit[]
  /**
   * Runs one unit. Deterministic in (data, unit). May keep what neighbouring units share in `cache`.
   *
   * @param onProgress told the share done of this unit, [0, 1].
   */
  run(data: OutcomeData, unit: WorkUnit, cache: WorkerCache, onProgress: (share: number) => void): Promise<Output>
  /** Joins all units of the plan, in the plan's order. */
  collect(data: OutcomeData, finished: readonly FinishedUnit<Output>[], options: ProtocolOptions): ProtocolResult
}

/** What one worker keeps between units: the last value under each name, such as a fitted embedder and its contexts. */
export class WorkerCache {
  readonly #entries = new Map<string, { readonly key: string; readonly value: unknown }>()

  /** The value kept under `name` if it was made for `key`; else makes it, and forgets the one before. */
  async get<T>(name: string, key: string, make: () => T | Promise<T>): Promise<T> {
    const entry = this.#entries.get(name)
    if (entry !== undefined && entry.key === key) return entry.value as T
    this.#entries.delete(name)
    const value = await make()
    this.#entries.set(name, { key, value })
    return value
  }
}
