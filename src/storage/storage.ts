import type { ChargeStore } from '../accounts/charge-store.ts'
import type { KeyStore } from '../accounts/key-store.ts'
import type { LeaseStore } from '../accounts/lease-store.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { PolicyStore } from '../routing/policy-store.ts'
import type { ProbeStore } from '../routing/probe-store.ts'
import type { PoolStore } from '../routing/registry/pool-store.ts'
import type { ResponseStore } from '../routing/response-store.ts'

/**
 * Everything that outlives the process, in one database. Every call rejects with a `StorageError`.
 *
 * Writes take effect in the order they are made, and a write that is awaited is seen by every read made after it. A read
 * made while a write is still pending may miss it: reads do not wait for writes, which may wait for another process.
 */
export interface Storage {
  readonly decisions: DecisionStore
  readonly feedback: FeedbackStore
  readonly policies: PolicyStore
  readonly keys: KeyStore
  readonly responses: ResponseStore
  readonly charges: ChargeStore
  readonly pool: PoolStore
  readonly probes: ProbeStore
  readonly leases: LeaseStore
  /**
   * Finishes the calls already made, then closes; later calls reject with `storage_closed`. Idempotent. Resolves at once
   * when the database was lost before.
   *
   * @throws {StorageError} when calls already made could not be finished in time; they reject too.
   */
  close(): Promise<void>
}
