import { Worker } from 'node:worker_threads'
import { EvaluationError } from '../evaluation-error.ts'
import type { WorkUnit } from '../protocol.ts'
import { UnitQueue } from './unit-queue.ts'
import type { StoredUnit } from './unit-store.ts'
import type { MessageFromWorker, MessageToWorker, WorkerSetup } from './worker-messages.ts'

export interface RunUnitsOptions {
  readonly setup: WorkerSetup
  /** At least 1. */
  readonly workers: number
  /** Awaited before the evaluation counts as done; a failure ends it. */
  readonly onFinished: (unit: WorkUnit, stored: StoredUnit) => Promise<void>
  /** Share done of one unit under way. */
  readonly onProgress: (unit: WorkUnit, share: number) => void
  /** Ends the workers at once; what is finished has been handed out. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs units in worker threads, each its own copy of the data. The first failure ends all.
 *
 * @throws what a unit threw; {EvaluationError} `worker_failed` when a thread dies; the signal's reason.
 */
export async function runUnits(units: readonly WorkUnit[], options: RunUnitsOptions): Promise<void> {
  if (units.length === 0) return
  options.signal?.throwIfAborted()
  const queue = new UnitQueue(units)
  const workers = Array.from({ length: Math.min(options.workers, units.length) }, () => startWorker(options.setup))
  try {
    await Promise.race([Promise.all(workers.map((worker, id) => drain(worker, id, queue, options))), aborted(options)])
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function startWorker(setup: WorkerSetup): Worker {
  // The compiler rewrites the endings of imports, but not of this: it must be the one that this file itself has.
  const file = import.meta.url.endsWith('.ts') ? './evaluation-worker.ts' : './evaluation-worker.js'
  return new Worker(new URL(file, import.meta.url), {
    name: 'pointsman-evaluation',
    workerData: setup,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
}

/** Feeds one worker until the queue is empty and all it finished is stored. */
function drain(worker: Worker, id: number, queue: UnitQueue, options: RunUnitsOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const stores: Promise<void>[] = []
    let current: WorkUnit | undefined
    const next = (): void => {
      current = queue.take(id)
      if (current === undefined) Promise.all(stores).then(() => resolve(), reject)
      else worker.postMessage({ unit: current } satisfies MessageToWorker)
    }
    worker.on('message', (message: MessageFromWorker) => {
      if (message.kind === 'ready') next()
      else if (message.kind === 'progress') options.onProgress(current!, message.share)
      else if (message.kind === 'failed') reject(message.error)
      else {
        const store = options.onFinished(current!, { output: JSON.parse(message.output), seconds: message.seconds })
        store.catch(reject)
        stores.push(store)
        next()
      }
    })
    worker.on('error', reject)
    worker.on('exit', (code) => {
      const unit = current === undefined ? '' : ` in ${current.key}`
      reject(new EvaluationError('worker_failed', `A worker ended with code ${code}${unit}`))
    })
  })
}

function aborted({ signal }: RunUnitsOptions): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
