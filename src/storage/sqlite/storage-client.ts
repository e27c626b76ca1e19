import type { Worker } from 'node:worker_threads'
import { StorageError } from '../storage-error.ts'
import { CallLane, type LaneLimits } from './call-lane.ts'
import type { OperationArgs, OperationName, OperationResult, ReadName, WriteName } from './operations.ts'
import type { Lane, MessageFromWorker, MessageToWorker } from './protocol.ts'
import { toStorageError } from './sqlite-fault.ts'
import type { StorageCalls } from './storage-calls.ts'

/** Of writes and of reads each. A decision and its settlement come to about 5 kB. */
const defaultLimits: LaneLimits = { maxCalls: 20_000, maxBytes: 64_000_000 }

/** A process that is told to stop is commonly killed after ten seconds. */
const defaultClosingMs = 8000

/** What the client needs of its worker. */
export type WorkerEnd = Pick<Worker, 'on' | 'postMessage' | 'ref' | 'unref' | 'terminate'>

export interface StorageClientOptions {
  /** Of writes and of reads each. Default 20,000 calls and 64 MB. */
  readonly limits?: LaneLimits
  /** How long `close()` waits for the calls made before it. Default 8000. */
  readonly closingMs?: number
}

/**
 * The main thread's end of the worker. Reads and writes go to it in lanes of their own, so that no read waits for a
 * write that waits for another process's lock. Writes take effect in the order they are made; a read sees every write
 * that had been acknowledged before it was made, and may miss one that had not. The worker keeps the process alive only
 * while calls are pending.
 */
export class StorageClient implements StorageCalls {
  readonly #worker: WorkerEnd
  readonly #onError: (error: StorageError) => void
  readonly #closingMs: number
  readonly #lanes: Readonly<Record<Lane, CallLane>>
  #failure: StorageError | undefined
  #closing: Promise<void> | undefined
  #settleClosing: ((error: StorageError | undefined) => void) | undefined
  #closingTimer: NodeJS.Timeout | undefined
  #toldToClose = false

  /**
   * @param worker has opened its database.
   * @param onError hears of the worker's death, once.
   */
  constructor(worker: WorkerEnd, onError: (error: StorageError) => void, options: StorageClientOptions = {}) {
    this.#worker = worker
    this.#onError = onError
    this.#closingMs = options.closingMs ?? defaultClosingMs
    const lane = (name: Lane): CallLane =>
      new CallLane(
        options.limits ?? defaultLimits,
        (calls) => this.#send({ kind: 'batch', lane: name, calls }),
        () => this.#rest(),
      )
    this.#lanes = { read: lane('read'), write: lane('write') }
    worker.on('message', (message: MessageFromWorker) => this.#receive(message))
    worker.on('messageerror', (cause) => this.#fail('An answer of the database worker was lost', cause))
    worker.on('error', (cause) => this.#fail('The database worker failed', cause))
    worker.on('exit', () => this.#fail('The database worker ended'))
    worker.unref()
  }

  /** Resolves after the commit. @throws {StorageError} */
  write<Name extends WriteName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    const result = this.#add('write', operation, args)
    this.#lanes.write.hurry()
    return result
  }

  /** The same for what nobody waits for yet: goes along with the next call, or alone after a few milliseconds. */
  writeSoon<Name extends WriteName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    const result = this.#add('write', operation, args)
    this.#lanes.write.linger()
    return result
  }

  /** Sends what lingers ahead of it, so that a read as a rule sees that too. @throws {StorageError} */
  read<Name extends ReadName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    const result = this.#add('read', operation, args)
    this.#lanes.write.hurry()
    this.#lanes.read.hurry()
    return result
  }

  /**
   * Resolves when the calls made so far are answered and the worker has closed its database, or at once when the worker
   * is dead. Calls that still wait after `closingMs` reject, and so does this.
   *
   * @throws {StorageError} `storage_unavailable`
   */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing
    this.#closing = new Promise((resolve, reject) => {
      this.#settleClosing = (error) => (error === undefined ? resolve() : reject(error))
    })
    if (this.#failure !== undefined) {
      this.#endClosing()
      return this.#closing
    }
    this.#worker.ref()
    this.#closingTimer = setTimeout(() => this.#giveUp(), this.#closingMs)
    this.#lanes.write.drain()
    this.#lanes.read.drain()
    this.#rest()
    return this.#closing
  }

  #add<Name extends OperationName>(
    lane: Lane,
    operation: Name,
    args: OperationArgs<Name>,
  ): Promise<OperationResult<Name>> {
    if (this.#closing !== undefined) {
      return Promise.reject(new StorageError('storage_closed', 'The database has been closed'))
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#lanes[lane].add({ operation, args }) as Promise<OperationResult<Name>>
  }

  #send(message: MessageToWorker): void {
    this.#worker.ref()
    this.#worker.postMessage(message)
  }

  /** Lets the worker go once both lanes are idle. */
  #rest(): void {
    if (this.#failure !== undefined || !this.#lanes.read.idle || !this.#lanes.write.idle) return
    if (this.#closing === undefined) {
      this.#worker.unref()
    } else if (!this.#toldToClose) {
      this.#toldToClose = true
      this.#send({ kind: 'close' })
    }
  }

  #receive(message: MessageFromWorker): void {
    if (message.kind === 'replies') this.#lanes[message.lane].answer(message.replies)
    else if (message.kind === 'closed') this.#endClosing()
    else if (message.kind === 'not_closed') this.#endClosing(toStorageError(message.fault))
  }

  #giveUp(): void {
    const pending = this.#lanes.write.pendingCalls + this.#lanes.read.pendingCalls
    const error = new StorageError(
      'storage_unavailable',
      `The database was not closed within ${this.#closingMs} ms; ${pending} calls were not answered and may be lost`,
    )
    this.#endClosing(error)
    this.#abandon(error)
    void this.#worker.terminate()
  }

  /** The worker's death also ends a close that is under way: there is nothing left to wait for. */
  #fail(message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return
    const error = new StorageError('storage_unavailable', message, { cause })
    const { pendingCalls } = this.#lanes.write
    this.#abandon(error)
    if (this.#closing === undefined) this.#onError(error)
    else this.#endClosing(pendingCalls > 0 ? error : undefined)
  }

  #abandon(error: StorageError): void {
    this.#failure = error
    this.#lanes.write.fail(error)
    this.#lanes.read.fail(error)
  }

  #endClosing(error?: StorageError): void {
    clearTimeout(this.#closingTimer)
    this.#settleClosing?.(error)
  }
}
