import type { Clock } from '../routing/clock.ts'
import { GatewayError } from './gateway-error.ts'
import type { Logger } from './gateway-parts.ts'

/** At most one line per second: a dead disk under load must not fill the log too. */
const logEveryMs = 1_000

/** Whether decisions are being kept. A store that fails degrades the gateway to serving without learning, loudly. */
export class StoreHealth {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #timeoutMs: number
  readonly #onFailure: () => void
  #degraded = false
  #unlogged = 0
  #loggedAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, log: Logger, timeoutMs: number, onFailure: () => void) {
    this.#clock = clock
    this.#log = log
    this.#timeoutMs = timeoutMs
    this.#onFailure = onFailure
  }

  /** The last write failed. */
  get degraded(): boolean {
    return this.#degraded
  }

  /** Waits for a commit; false when it failed or took too long. Never throws. */
  async committed(write: Promise<unknown>): Promise<boolean> {
    try {
      await this.inTime(write)
      if (this.#degraded) this.#log.info({}, 'The store works again')
      this.#degraded = false
      return true
    } catch (error) {
      this.#degraded = true
      this.#onFailure()
      this.#report(error)
      return false
    }
  }

  /** @throws {GatewayError} `store_unavailable` when the store fails or takes too long. */
  inTime<T>(operation: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => {
        clearTimeout(timer)
        reject(new GatewayError('store_unavailable', 'The store does not answer; try again later', { cause }))
      }
      const timer = setTimeout(() => fail(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs)
      operation.then((value) => {
        clearTimeout(timer)
        resolve(value)
      }, fail)
    })
  }

  #report(error: unknown): void {
    this.#unlogged += 1
    const now = this.#clock.now()
    if (now - this.#loggedAtMs < logEveryMs) return
    this.#log.error(
      { err: error instanceof GatewayError ? error.cause : error, failures: this.#unlogged },
      'The store failed: answers are served, but decisions are lost and nothing is learned from them',
    )
    this.#loggedAtMs = now
    this.#unlogged = 0
  }
}
