import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Storage } from '../storage.ts'
import { StorageError } from '../storage-error.ts'
import { fileGuard } from './file-guard.ts'
import { LastingClient, type OpenedClient } from './lasting-client.ts'
import type { MessageFromWorker, WorkerOptions } from './protocol.ts'
import { remotePolicyStore } from './remote-policy-store.ts'
import {
  remoteChargeStore,
  remoteDecisionStore,
  remoteFeedbackStore,
  remoteKeyStore,
  remoteLeaseStore,
  remotePoolStore,
  remoteProbeStore,
  remoteResponseStore,
} from './remote-stores.ts'
import { toStorageError } from './sqlite-fault.ts'
import { StorageClient } from './storage-client.ts'

export interface SqliteStorageOptions {
  /** Path of the database file, created when there is none; its folder must exist. `:memory:` keeps nothing. */
  readonly file: string
  /**
   * Called when the worker that owns the database dies, with what was pending, and each time it then cannot be started anew. Until
   * `onReopened` calls reject. One that had its database in memory has lost it, and is not started anew.
   */
  readonly onError?: (error: StorageError) => void
  /** The database is open again after the worker's death. */
  readonly onReopened?: () => void
  /** How long a write waits for another process's write. Default 5000. */
  readonly busyTimeoutMs?: number
  /** The file may not grow past this; writes then reject with `storage_full`. Default: as large as the disk allows. */
  readonly maxFileBytes?: number
  /**
   * Claims the database for serving, until it is closed or the process ends, however it ends: a gateway keeps spend,
   * limits and learned state in memory, so that two on one file would each spend the whole cap. Rejects with
   * `storage_in_use` while another process has claimed it; those that do not claim it, such as commands, may open it all
   * the same. Leaves an empty `<file>.serving` behind. Default false.
   */
  readonly exclusive?: boolean
}

/** In place of the process's own flags, some of which a worker refuses. Node 22 calls `node:sqlite` experimental. */
const workerFlags = ['--disable-warning=ExperimentalWarning']

/**
 * Opens the embedded store: one SQLite file, owned by a worker thread, so that neither a sync to disk nor a wait for a
 * lock ever holds up the event loop. Several processes may have the same file open, such as a gateway and a command.
 *
 * @throws {StorageError} with every code but `storage_closed` and `storage_conflict`.
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<Storage> {
  const workerData: WorkerOptions = {
    file: options.file,
    busyTimeoutMs: options.busyTimeoutMs ?? 5000,
    maxFileBytes: options.maxFileBytes,
    exclusive: options.exclusive ?? false,
    bookedBy: options.exclusive === true ? null : randomUUID(),
  }
  const client = await openClient(workerData, options)
  return {
    decisions: remoteDecisionStore(client),
    feedback: remoteFeedbackStore(client),
    policies: remotePolicyStore(client),
    keys: remoteKeyStore(client),
    responses: remoteResponseStore(client),
    charges: remoteChargeStore(client),
    pool: remotePoolStore(client),
    probes: remoteProbeStore(client),
    leases: remoteLeaseStore(client),
    close: () => client.close(),
  }
}

async function openClient(
  workerData: WorkerOptions,
  { file, onError = () => {}, onReopened = () => {} }: SqliteStorageOptions,
): Promise<LastingClient | StorageClient> {
  const open = async (onDeath: (error: StorageError) => void): Promise<OpenedClient> => {
    const worker = new Worker(workerUrl(), { name: 'pointsman-storage', workerData, execArgv: workerFlags })
    await opened(worker)
    // Of a thread that has ended it resolves at once.
    return { client: new StorageClient(worker, onDeath), ended: () => worker.terminate() }
  }
  if (file === ':memory:') return (await open(onError)).client
  let requireFile: (() => void) | undefined
  return LastingClient.open({
    onError,
    onReopened,
    async open(onDeath) {
      // A file that is gone would be made anew, and what is in memory belongs to the one that was opened.
      requireFile?.()
      const client = await open(onDeath)
      requireFile ??= fileGuard(file)
      return client
    },
  })
}

/** The compiler rewrites the endings of imports, but not of this: it must be the one that this file itself has. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js', import.meta.url)
}

function opened(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      end()
    }
    const onMessage = (message: MessageFromWorker): void => {
      if (message.kind === 'opened') settle(resolve)
      else if (message.kind === 'not_opened') settle(() => reject(toStorageError(message.fault)))
    }
    const onError = (cause: unknown): void =>
      settle(() => reject(new StorageError('storage_unavailable', 'The database worker could not start', { cause })))
    const onExit = (): void => onError(new Error('The worker ended before it had opened the database'))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}
