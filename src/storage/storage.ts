import type { KeyStore } from '../accounts/key-store.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import type { FeedbackStore } from '../routing/feedback-store.ts'
import type { PolicyStore } from '../routing/policy-store.ts'

/** Everything that outlives the process, in one database. Every call rejects with a `StorageError`. */
export interface Storage {
  readonly decisions: DecisionStore
  readonly feedback: FeedbackStore
  readonly policies: PolicyStore
  readonly keys: KeyStore
  /** Finishes the calls already made, then closes; later calls reject with `storage_closed`. Idempotent. */
  close(): Promise<void>
}
