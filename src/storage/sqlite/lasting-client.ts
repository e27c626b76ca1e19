import { StorageError } from '../storage-error.ts'
import type { OperationArgs, OperationResult, ReadName, WriteName } from './operations.ts'
import type { StorageCalls } from './storage-calls.ts'
import type { StorageClient } from './storage-client.ts'

/** A worker that lived this long has not died of what it was started with. */
const longLifeMs = 60_000
const firstPauseMs = 500
const longestPauseMs = 30_000

/** A worker that has opened its database. */
export interface OpenedClient {
  readonly client: StorageClient
  /** Resolves once its thread has ended, be it by this. */
  readonly ended: () => Promise<unknown>
}

export interface LastingClientOptions {
  /** Opens the database with a new worker. @param onError hears of that worker's death, once. @throws {StorageError} */
  readonly open: (onError: (error: StorageError) => void) => Promise<OpenedClient>
  /** Hears of each death, and of each attempt to start anew that failed. */
  readonly onError: (error: StorageError) => void
  /** The database is open again. */
  readonly onReopened: () => void
}

/**
 * A client whose worker is started anew when it dies: at once, and where it dies again within a minute or cannot open its database after pauses
 * that double, up to 30 s. What was pending has rejected, and may have been committed or not; calls made meanwhile reject. An error that
 * takes the whole process with it is its supervisor's.
 */
export class LastingClient implements StorageCalls {
  readonly #options: LastingClientOptions
  #opened: OpenedClient | undefined
  #openedAtMs = 0
  /** Deaths and failed attempts since the last long life. */
  #failures = 0
  #lost: StorageError | undefined
  #reopening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #endPause: (() => void) | undefined

  private constructor(options: LastingClientOptions) {
    this.#options = options
  }

  /** @throws {StorageError} when the database cannot be opened at first. */
  static async open(options: LastingClientOptions): Promise<LastingClient> {
    const lasting = new LastingClient(options)
    await lasting.#open()
    return lasting
  }

  write<Name extends WriteName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    return this.#call((client) => client.write(operation, ...args))
  }

  writeSoon<Name extends WriteName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    return this.#call((client) => client.writeSoon(operation, ...args))
  }

  read<Name extends ReadName>(operation: Name, ...args: OperationArgs<Name>): Promise<OperationResult<Name>> {
    return this.#call((client) => client.read(operation, ...args))
  }

  /** As `StorageClient.close`; ends the attempts to start anew. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #call<Result>(send: (client: StorageClient) => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) {
      return Promise.reject(new StorageError('storage_closed', 'The database has been closed'))
    }
    if (this.#opened !== undefined) return send(this.#opened.client)
    const message = 'The database worker died and is being started anew; try again'
    return Promise.reject(new StorageError('storage_unavailable', message, { cause: this.#lost }))
  }

  async #open(): Promise<void> {
    this.#opened = await this.#options.open((error) => this.#died(error))
    this.#openedAtMs = performance.now()
  }

  #died(error: StorageError): void {
    const dead = this.#opened
    this.#opened = undefined
    this.#lost = error
    if (performance.now() - this.#openedAtMs > longLifeMs) this.#failures = 0
    this.#options.onError(error)
    this.#reopening = this.#reopen(dead)
  }

  /** Never rejects. */
  async #reopen(dead: OpenedClient | undefined): Promise<void> {
    // Its thread gives the database up, and with it the claim to serve it, only when it ends.
    await dead?.ended()
    while (this.#closing === undefined) {
      await this.#pause()
      if (this.#closing !== undefined) return
      this.#failures += 1
      try {
        await this.#open()
        this.#options.onReopened()
        return
      } catch (error) {
        this.#lost = error as StorageError
        this.#options.onError(this.#lost)
      }
    }
  }

  /** None before the first attempt. Keeps no process alive. */
  #pause(): Promise<void> {
    if (this.#failures === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#endPause = resolve
      setTimeout(resolve, Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1))).unref()
    })
  }

  async #close(): Promise<void> {
    this.#endPause?.()
    await this.#reopening
    await this.#opened?.client.close()
  }
}
