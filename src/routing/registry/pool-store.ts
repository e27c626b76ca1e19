import type { LlmId } from './llm.ts'

/** An LLM that joined the pool while it served, as whoever opens pools wrote it down. */
export interface StoredPoolEntry {
  readonly id: LlmId
  readonly createdAtMs: number
  /** JSON. Secrets are references, never the secrets themselves. */
  readonly entry: string
}

/** LLMs that joined while we served, beside those of the configuration. */
export interface PoolStore {
  /** Resolves after the commit; rejects where there is one of that id. */
  add(entry: StoredPoolEntry): Promise<void>
  /** Oldest first. */
  list(): Promise<readonly StoredPoolEntry[]>
  /** False when there is none of that id. */
  remove(id: LlmId): Promise<boolean>
}
