import type { Clock } from '../routing/clock.ts'
import { GatewayError } from './gateway-error.ts'
import type { Logger } from './logger.ts'

/** At most one line per second: a dead disk under load must not fill the log too. */
const logEveryMs = 1_000

/** Some 200 MB when measured: what a store that hangs may hold before further records are dropped. */
const maxOpenWrites = 10_000

export interface StoreHealthOptions {
  /** How long an answer waits for a commit. */
  readonly commitTimeoutMs: number
  /** How long everything else waits for the store. */
  readonly storeTimeoutMs: number
}

/**
 * Whether decisions are being kept. A store that fails or takes too long degrades the gateway to serving without learning,
 * loudly: from then on no answer waits for it. Records are still handed over, and the first one that is committed ends it.
 */
export class StoreHealth {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: StoreHealthOptions
  readonly #onFailure: () => void
  #degraded = false
  #openWrites = 0
  #unlogged = 0
  #loggedAtMs = Number.NEGATIVE_INFINITY

  /** @param onFailure called once for each record that was not seen committed. */
  constructor(clock: Clock, log: Logger, options: StoreHealthOptions, onFailure: () => void) {
    this.#clock = clock
    this.#log = log
    this.#options = options
    this.#onFailure = onFailure
  }

  /** The store failed, and has committed nothing since. */
  get degraded(): boolean {
    return this.#degraded
  }

  /**
   * Hands a record over, unless too many wait already while the store is degraded.
   *
   * @returns what `start` returns, for {@link committed}; it may be left alone.
   */
  write(start: () => Promise<void>): Promise<void> {
    if (this.#degraded && this.#openWrites >= maxOpenWrites) {
      const dropped = Promise.reject(new Error(`${maxOpenWrites} records wait for the store already`))
      dropped.catch(ignore)
      return dropped
    }
    this.#openWrites += 1
    const writing = start()
    writing.then(
      () => {
        this.#openWrites -= 1
        this.#works()
      },
      (error: unknown) => {
        this.#openWrites -= 1
        // A store that judges a record is there.
        if (isConflict(error)) this.#works()
      },
    )
    return writing
  }

  /**
   * Waits for a commit; false when it failed, took too long, or is not waited for as the store has failed before. Never
   * throws.
   */
  async committed(writing: Promise<void>): Promise<boolean> {
    if (this.#degraded) {
      this.#lost(new Error('the store has not recovered from an earlier failure'))
      return false
    }
    try {
      await inTime(writing, this.#options.commitTimeoutMs)
      return true
    } catch (error) {
      // One bad record says nothing of the others.
      if (!isConflict(causeOf(error))) this.#degraded = true
      this.#lost(causeOf(error))
      return false
    }
  }

  /** @throws {GatewayError} `store_unavailable` when the store fails or takes too long. */
  inTime<T>(operation: Promise<T>): Promise<T> {
    return inTime(operation, this.#options.storeTimeoutMs)
  }

  #works(): void {
    if (!this.#degraded) return
    this.#degraded = false
    this.#log.info({}, 'The store works again')
  }

  #lost(error: unknown): void {
    this.#onFailure()
    this.#unlogged += 1
    const now = this.#clock.now()
    if (now - this.#loggedAtMs < logEveryMs) return
    this.#log.error(
      { err: error, failures: this.#unlogged },
      this.#degraded
        ? 'The store failed: answers are served, but their decisions may be lost and nothing is learned from them'
        : 'The store refused a record: its answer is served, but nothing is learned from it',
    )
    this.#loggedAtMs = now
    this.#unlogged = 0
  }
}

function inTime<T>(operation: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      clearTimeout(timer)
      reject(new GatewayError('store_unavailable', 'The store does not answer; try again later', { cause }))
    }
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    operation.then((value) => {
      clearTimeout(timer)
      resolve(value)
    }, fail)
  })
}

function causeOf(error: unknown): unknown {
  return error instanceof GatewayError ? error.cause : error
}

/** Read by its shape: this layer may not import storage, whose error it is. */
function isConflict(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'storage_conflict'
}

function ignore(): void {}
