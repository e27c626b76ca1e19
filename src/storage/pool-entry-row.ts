import type { PoolOverride, StoredPoolEntry } from '../routing/registry/pool-store.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { storedInteger } from './stored-integer.ts'
import { fromTaggedJson, type Json, toTaggedJson } from './tagged-json.ts'

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

/** What was changed of an LLM while we served, as its table holds it. */
export interface PoolOverrideRow {
  readonly id: string
  readonly changed_at_ms: number
  readonly paused: number
  /** Tagged JSON. */
  readonly price: string | null
}

/** @throws {StorageError} `storage_conflict` for a time that cannot be. */
export function encodePoolOverride({ id, changedAtMs, paused, price }: PoolOverride): PoolOverrideRow {
  return {
    id,
    changed_at_ms: storedInteger('time', changedAtMs),
    paused: paused ? 1 : 0,
    price: price === undefined ? null : JSON.stringify(toTaggedJson(price)),
  }
}

/** @throws {StorageError} `storage_corrupt` */
export function decodePoolOverride(row: PoolOverrideRow): PoolOverride {
  return {
    id: row.id,
    changedAtMs: row.changed_at_ms,
    paused: row.paused === 1,
    price: row.price === null ? undefined : (fromTaggedJson(JSON.parse(row.price) as Json) as TokenPrice),
  }
}
