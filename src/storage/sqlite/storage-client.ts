import type { Worker } from 'node:worker_threads'
import { StorageError } from '../storage-error.ts'
import type { OperationArgs, OperationName, OperationResult } from './operations.ts'
import type { Call, MessageFromWorker, MessageToWorker } from './protocol.ts'
import { toStorageError } from './sqlite-fault.ts'

/** Bounds how long one transaction holds the write lock. */
const maxBatchCalls = 512

/**
 * How long a call that nobody waits for may look for others to share a commit with. Far less than any LLM takes to
 * answer; what a kill can cost is the record of a call that began this long before it.
 */
const maxLingerMs = 5

/** What the client needs of its worker. */
export type WorkerEnd = Pick<Worker, 'on' | 'postMessage' | 'ref' | 'unref'>

interface PendingCall {
  readonly call: Call
  readonly resolve: (value: unknown) => void
  readonly reject: (error: StorageError) => void
}

/**
 * The main thread's end of the worker. Calls of one turn of the event loop go to it together; while a batch is under
 * way the next one collects. The worker keeps the process alive only while calls are pending.
 */
export class StorageClient {
  readonly #worker: WorkerEnd
  readonly #onError: (error: StorageError) => void
  #queue: PendingCall[] = []
  #inFlight: readonly PendingCall[] = []
  #flushScheduled = false
  /** Somebody waits for a call in the queue. */
  #urgent = false
  #linger: NodeJS.Timeout | undefined
  #failure: StorageError | undefined
  #closing: Promise<void> | undefined
  #closed: (() => void) | undefined

  /**
   * @param worker has opened its database.
   * @param onError hears of the worker's death, once.
   */
  constructor(worker: WorkerEnd, onError: (error: StorageError) => void) {
    this.#worker = worker
    this.#onError = onError
    worker.on('message', (message: MessageFromWorker) => this.#receive(message))
    worker.on('error', (cause) => this.#fail('The database worker failed; restart Pointsman', cause))
    worker.on('exit', () => this.#fail('The database worker ended; restart Pointsman'))
    worker.unref()
  }

  /** Resolves after the commit. @throws {StorageError} */
  call<Name extends OperationName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    const result = this.#enqueue(operation, args)
    this.#hurry()
    return result
  }

  /** The same for what nobody waits for yet: goes along with the next call, or alone after a few milliseconds. */
  callSoon<Name extends OperationName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    const result = this.#enqueue(operation, args)
    if (this.#queue.length > 0) this.#linger ??= setTimeout(() => this.#hurry(), maxLingerMs)
    return result
  }

  /** Resolves when the calls made so far are answered and the worker has closed its database. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = new Promise((resolve) => {
        this.#closed = resolve
      })
      this.#worker.ref()
      if (this.#failure !== undefined) this.#closed?.()
      else {
        this.#urgent = true
        this.#flush()
      }
    }
    return this.#closing
  }

  #enqueue<Name extends OperationName>(operation: Name, args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    if (this.#closing !== undefined) {
      return Promise.reject(new StorageError('storage_closed', 'The database has been closed'))
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#queue.push({ call: { operation, args }, resolve: resolve as (value: unknown) => void, reject })
    })
  }

  /** Sends the queue at the end of this turn, or once the batch under way is answered. */
  #hurry(): void {
    this.#urgent = true
    if (this.#flushScheduled || this.#inFlight.length > 0) return
    this.#flushScheduled = true
    setImmediate(() => {
      this.#flushScheduled = false
      if (this.#queue.length > 0) this.#flush()
    })
  }

  #flush(): void {
    if (this.#failure !== undefined || this.#inFlight.length > 0) return
    if (this.#queue.length === 0) {
      if (this.#closing === undefined) this.#worker.unref()
      else this.#send({ kind: 'close' })
      return
    }
    if (!this.#urgent) return
    this.#stopLingering()
    this.#inFlight = this.#queue.splice(0, maxBatchCalls)
    this.#urgent = this.#queue.length > 0
    this.#worker.ref()
    try {
      this.#send({ kind: 'batch', calls: this.#inFlight.map(({ call }) => call) })
    } catch (cause) {
      this.#rejectBatch(new StorageError('storage_conflict', 'A record has a field that cannot be stored', { cause }))
    }
  }

  #stopLingering(): void {
    clearTimeout(this.#linger)
    this.#linger = undefined
  }

  #rejectBatch(error: StorageError): void {
    const rejected = this.#inFlight
    this.#inFlight = []
    for (const { reject } of rejected) reject(error)
    this.#flush()
  }

  #send(message: MessageToWorker): void {
    this.#worker.postMessage(message)
  }

  #receive(message: MessageFromWorker): void {
    if (message.kind === 'closed') this.#closed?.()
    if (message.kind !== 'replies') return
    const answered = this.#inFlight
    this.#inFlight = []
    answered.forEach(({ resolve, reject }, i) => {
      const reply = message.replies[i]!
      if (reply.ok) resolve(reply.value)
      else reject(toStorageError(reply.fault))
    })
    this.#flush()
  }

  #fail(message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = new StorageError('storage_unavailable', message, { cause })
    this.#stopLingering()
    const pending = [...this.#inFlight, ...this.#queue]
    this.#inFlight = []
    this.#queue = []
    for (const { reject } of pending) reject(this.#failure)
    if (this.#closing === undefined) this.#onError(this.#failure)
    this.#closed?.()
  }
}
