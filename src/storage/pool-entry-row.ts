import type { StoredPoolEntry } from '../routing/registry/pool-store.ts'

/** An LLM that joined while we served, as its table holds it. */
export interface PoolEntryRow {
  readonly id: string
  readonly created_at_ms: number
  /** JSON. */
  readonly entry: string
}

export function encodePoolEntry({ id, createdAtMs, entry }: StoredPoolEntry): PoolEntryRow {
  return { id, created_at_ms: createdAtMs, entry }
}

export function decodePoolEntry({ id, created_at_ms, entry }: PoolEntryRow): StoredPoolEntry {
  return { id, createdAtMs: created_at_ms, entry }
}
