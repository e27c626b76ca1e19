import type { ProtocolName } from '../evaluation-result.ts'
import type { WorkUnit } from '../protocol.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  readonly dataFolder: string
  readonly protocol: ProtocolName
}

export interface MessageToWorker {
  readonly unit: WorkUnit
}

/** `output` is JSON text: what arrives is what a file would hold, so that resuming makes no difference. */
export type MessageFromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly key: string; readonly share: number }
  | { readonly kind: 'finished'; readonly key: string; readonly output: string; readonly seconds: number }
  | { readonly kind: 'failed'; readonly key: string; readonly error: unknown }
