import type { DatabaseOptions } from './open-database.ts'
import type { OperationName } from './operations.ts'
import type { StorageFault } from './sqlite-fault.ts'

/** What the worker is started with. */
export interface WorkerOptions extends DatabaseOptions {
  /** Claim the database for serving. */
  readonly exclusive: boolean
  /** Whose charges are made here; null: the gateway's. The same when the worker is started anew. */
  readonly bookedBy: string | null
}

/** One call as it crosses to the worker. */
export interface Call {
  readonly operation: OperationName
  readonly args: readonly unknown[]
}

/** How a call ended; replies come in the order of their calls. */
export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: StorageFault }

/** Of each lane one batch at a time is under way. */
export type Lane = 'read' | 'write'

export type MessageToWorker =
  | { readonly kind: 'batch'; readonly lane: Lane; readonly calls: readonly Call[] }
  /** Sent when no batch is under way. */
  | { readonly kind: 'close' }

export type MessageFromWorker =
  | { readonly kind: 'opened' }
  | { readonly kind: 'not_opened'; readonly fault: StorageFault }
  | { readonly kind: 'replies'; readonly lane: Lane; readonly replies: readonly Reply[] }
  | { readonly kind: 'closed' }
  | { readonly kind: 'not_closed'; readonly fault: StorageFault }
