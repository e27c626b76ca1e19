import { Worker } from 'node:worker_threads'
import type { StoredPolicyVersion } from '../routing/policy-store.ts'
import { FitError } from './fit-error.ts'
import type { FitProgressListener } from './fit-progress.ts'
import type { RefitRequest } from './refit-policy.ts'
import type { MessageFromRefit } from './refit-worker.ts'
import type { SavedRows } from './saved-rows.ts'

export interface RefitRun {
  readonly signal: AbortSignal
  readonly onProgress?: FitProgressListener | undefined
}

/** Young objects of a fit are large: in the default of 32 MB they are copied over and over. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 }

/**
 * `refitPolicy` on another thread, at the lowest priority where the system has one per thread. Its arrays are moved there, not copied: the
 * request cannot be used again.
 *
 * @returns the version, not saved. An abort ends the thread at once, with nothing left behind.
 * @throws {FitError}; the signal's reason; whatever ended the worker.
 */
export function refitInWorker(request: RefitRequest, { signal, onProgress }: RefitRun): Promise<StoredPolicyVersion> {
  signal.throwIfAborted()
  const file = import.meta.url.endsWith('.ts') ? './refit-worker.ts' : './refit-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), {
    name: 'pointsman-refit',
    workerData: request,
    transferList: [request.base, request.log].flatMap(buffersOf),
    resourceLimits,
  })
  return new Promise<StoredPolicyVersion>((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason)
      void worker.terminate()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    worker.on('message', (message: MessageFromRefit) => {
      if (message.kind === 'progress') onProgress?.(message.progress)
      else if (message.kind === 'done') resolve(message.version)
      else reject(new FitError(message.code, message.message))
    })
    worker.on('error', reject)
    worker.on('exit', () => {
      signal.removeEventListener('abort', onAbort)
      // After an answer this changes nothing.
      reject(new Error('The thread of a refit ended without a result'))
    })
  })
}

function buffersOf(rows: SavedRows | undefined): ArrayBuffer[] {
  if (rows === undefined) return []
  const { embeddings, explicit, quality, costUsd, inputTokens, outputTokens, groupOf } = rows
  const arrays = [embeddings, explicit, quality, costUsd, inputTokens, outputTokens, groupOf]
  // An array that is a window on a larger buffer cannot take it along.
  return arrays.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  )
}
