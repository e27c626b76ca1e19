import type { LlmId } from './llm.ts'
import type { TokenPrice } from './token-price.ts'

/** An LLM that joined the pool while it served, as whoever opens pools wrote it down. */
export interface StoredPoolEntry {
  readonly id: LlmId
  readonly createdAtMs: number
  /** JSON. Secrets are references, never the secrets themselves. */
  readonly entry: string
}

/** What was changed of an LLM, from wherever it came, while we served. */
export interface PoolOverride {
  readonly id: LlmId
  readonly changedAtMs: number
  /** Serves nobody until it is resumed; what is known of it is kept. */
  readonly paused: boolean
  /** In place of the price of configuration and table; undefined: that one. */
  readonly price: TokenPrice | undefined
}

/** LLMs that joined while we served, beside those of the configuration. */
export interface PoolStore {
  /** Resolves after the commit; rejects where there is one of that id. */
  add(entry: StoredPoolEntry): Promise<void>
  /** Oldest first. */
  list(): Promise<readonly StoredPoolEntry[]>
  /** False when there is none of that id. */
  remove(id: LlmId): Promise<boolean>
  overrides(): Promise<readonly PoolOverride[]>
  /** In place of an earlier one of that LLM. One that changes nothing is forgotten. */
  setOverride(override: PoolOverride): Promise<void>
}
