import { StorageError } from '../storage-error.ts'
import { clonedBytes } from './cloned-bytes.ts'
import type { Call, Reply } from './protocol.ts'
import { toStorageError } from './sqlite-fault.ts'

/** Bounds how long one transaction holds the write lock. */
const maxBatchCalls = 512

/**
 * How long a call that nobody waits for may look for others to share a commit with. Far less than any LLM takes to
 * answer; what a kill can cost is the record of a call that began this long before it.
 */
const maxLingerMs = 5

/** What may wait in one lane, the batch under way included. */
export interface LaneLimits {
  readonly maxCalls: number
  readonly maxBytes: number
}

interface PendingCall {
  readonly call: Call
  readonly bytes: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: StorageError) => void
}

/**
 * Calls on their way to the worker, in the order they are made. Those of one turn of the event loop go together; while
 * a batch is under way the next one collects. Whoever gives up waiting leaves his call in the lane, so a lane is bounded:
 * past its limits a call is refused at once. A single call of any size is taken while nothing else waits.
 */
export class CallLane {
  readonly #limits: LaneLimits
  readonly #post: (calls: readonly Call[]) => void
  readonly #onIdle: () => void
  #queue: PendingCall[] = []
  #inFlight: readonly PendingCall[] = []
  #pendingBytes = 0
  #refused = 0
  #flushScheduled = false
  /** Somebody waits for a call in the queue. */
  #urgent = false
  #linger: NodeJS.Timeout | undefined

  /**
   * @param post hands a batch to the worker; what it throws rejects that batch.
   * @param onIdle hears that nothing waits and nothing is under way any more.
   */
  constructor(limits: LaneLimits, post: (calls: readonly Call[]) => void, onIdle: () => void) {
    this.#limits = limits
    this.#post = post
    this.#onIdle = onIdle
  }

  get idle(): boolean {
    return this.pendingCalls === 0
  }

  get pendingCalls(): number {
    return this.#inFlight.length + this.#queue.length
  }

  /** Puts a call into the queue, which {@link hurry} or {@link linger} empties. Rejects with `storage_unavailable` when full. */
  add(call: Call): Promise<unknown> {
    const bytes = clonedBytes(call.args)
    const { maxCalls, maxBytes } = this.#limits
    if (this.pendingCalls >= maxCalls || (this.#pendingBytes > 0 && this.#pendingBytes + bytes > maxBytes)) {
      return Promise.reject(this.#refusal())
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ call, bytes, resolve, reject })
      this.#pendingBytes += bytes
    })
  }

  /** Sends the queue at the end of this turn, or once the batch under way is answered. */
  hurry(): void {
    if (this.#queue.length === 0) return
    this.#urgent = true
    if (this.#flushScheduled || this.#inFlight.length > 0) return
    this.#flushScheduled = true
    setImmediate(() => {
      this.#flushScheduled = false
      this.#flush()
    })
  }

  /** Sends the queue along with the next call that hurries, or alone after a few milliseconds. */
  linger(): void {
    if (this.#queue.length > 0) this.#linger ??= setTimeout(() => this.hurry(), maxLingerMs)
  }

  /** Sends the queue now, or once the batch under way is answered. */
  drain(): void {
    this.#urgent = true
    this.#flush()
  }

  /** @param replies one per call of the batch under way, in order. */
  answer(replies: readonly Reply[]): void {
    const answered = this.#endBatch()
    answered.forEach(({ resolve, reject }, i) => {
      const reply = replies[i]!
      if (reply.ok) resolve(reply.value)
      else reject(toStorageError(reply.fault))
    })
    this.#continue()
  }

  /** Rejects everything that waits or is under way. */
  fail(error: StorageError): void {
    this.#stopLingering()
    const pending = [...this.#inFlight, ...this.#queue]
    this.#inFlight = []
    this.#queue = []
    this.#pendingBytes = 0
    for (const { reject } of pending) reject(error)
  }

  #flush(): void {
    if (this.#inFlight.length > 0 || this.#queue.length === 0 || !this.#urgent) return
    this.#stopLingering()
    this.#inFlight = this.#queue.splice(0, maxBatchCalls)
    this.#urgent = this.#queue.length > 0
    try {
      this.#post(this.#inFlight.map(({ call }) => call))
    } catch (cause) {
      const error = new StorageError('storage_conflict', 'A record has a field that cannot be stored', { cause })
      for (const { reject } of this.#endBatch()) reject(error)
      this.#continue()
    }
  }

  #endBatch(): readonly PendingCall[] {
    const ended = this.#inFlight
    this.#inFlight = []
    for (const { bytes } of ended) this.#pendingBytes -= bytes
    return ended
  }

  #continue(): void {
    this.#flush()
    if (this.idle) this.#onIdle()
  }

  #stopLingering(): void {
    clearTimeout(this.#linger)
    this.#linger = undefined
  }

  #refusal(): StorageError {
    this.#refused += 1
    const waiting = `${this.pendingCalls} calls (${(this.#pendingBytes / 1e6).toFixed(1)} MB) wait for the database`
    return new StorageError('storage_unavailable', `${waiting}, no more are taken; refused so far: ${this.#refused}`)
  }
}
