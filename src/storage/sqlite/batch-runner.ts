import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import type { Durability, Operation, Operations } from './operations.ts'
import type { Call, Reply } from './protocol.ts'
import { isBusy, toStorageFault } from './sqlite-fault.ts'

/** The longest pause between two attempts at the write lock. */
const maxLockPauseMs = 25

export interface BatchRunnerOptions {
  /** Throws when the database's file is no longer in its place. Default: it always is. */
  readonly requireFile?: () => void
  /** How long a batch that writes waits for another process's write. Default 0. */
  readonly busyTimeoutMs?: number
}

type Attempt = { readonly replies: readonly Reply[] } | { readonly lost: unknown }
type Perform = (call: Call) => Promise<Reply>

/**
 * Runs batches of calls, each in one transaction (group commit). When a call fails the batch is undone and run again
 * with a savepoint around every call, so that it takes nothing else with it: savepoints cost as much as a small call,
 * and calls hardly ever fail. When the transaction itself is lost (no space left), the calls are run once more one by
 * one, so that those that still fit succeed.
 *
 * The write lock is waited for with timers rather than in SQLite, which would hold up the thread, and with it the
 * batches of other runners.
 */
export class BatchRunner {
  readonly #database: DatabaseSync
  readonly #operations: Operations
  readonly #requireFile: () => void
  readonly #busyTimeoutMs: number
  readonly #setSavepoint: StatementSync
  readonly #releaseSavepoint: StatementSync
  #synchronous: Durability | undefined
  #previous: Promise<unknown> = Promise.resolve()

  /** @param database used by no other runner; its own busy timeout is 0. */
  constructor(database: DatabaseSync, operations: Operations, options: BatchRunnerOptions = {}) {
    this.#database = database
    this.#operations = operations
    this.#requireFile = options.requireFile ?? (() => {})
    this.#busyTimeoutMs = options.busyTimeoutMs ?? 0
    this.#setSavepoint = database.prepare('SAVEPOINT one_call')
    this.#releaseSavepoint = database.prepare('RELEASE one_call')
  }

  /**
   * Runs after the batches given before. Rejects only when a transaction cannot even be undone.
   *
   * @returns one reply per call, in order.
   */
  run(calls: readonly Call[]): Promise<readonly Reply[]> {
    const ran = this.#previous.then(() => this.#run(calls))
    this.#previous = ran.catch(() => {})
    return ran
  }

  async #run(calls: readonly Call[]): Promise<readonly Reply[]> {
    const plain = await this.#transact(calls, (call) => this.#perform(call))
    if ('replies' in plain) return plain.replies
    if (calls.length === 1) return [failed(plain.lost)]
    const guarded = await this.#transact(calls, (call) => this.#performInSavepoint(call))
    return 'replies' in guarded ? guarded.replies : this.#runOneByOne(calls)
  }

  async #runOneByOne(calls: readonly Call[]): Promise<readonly Reply[]> {
    const replies: Reply[] = []
    for (const call of calls) replies.push(...(await this.#run([call])))
    return replies
  }

  /** A batch of reads has a transaction too: what another process commits meanwhile shows in all of it or none. */
  async #begin(durability: Durability): Promise<void> {
    if (durability === 'read') {
      this.#database.exec('BEGIN')
      return
    }
    if (this.#synchronous !== durability) {
      this.#database.exec(`PRAGMA synchronous = ${durability === 'lasting' ? 'FULL' : 'NORMAL'}`)
      this.#synchronous = durability
    }
    const deadlineMs = performance.now() + this.#busyTimeoutMs
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, maxLockPauseMs)) {
      try {
        this.#database.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadlineMs) throw error
        await wait(pauseMs)
      }
    }
  }

  async #transact(calls: readonly Call[], perform: Perform): Promise<Attempt> {
    try {
      this.#requireFile()
      await this.#begin(this.#durabilityOf(calls))
    } catch (error) {
      return { replies: calls.map(() => failed(error)) }
    }
    const replies: Reply[] = []
    try {
      for (const call of calls) replies.push(await perform(call))
      this.#database.exec('COMMIT')
      return { replies }
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      return { lost: error }
    }
  }

  /** @throws the call's error when SQLite ended the whole transaction with it. */
  async #performInSavepoint(call: Call): Promise<Reply> {
    this.#setSavepoint.run()
    let reply: Reply
    try {
      reply = await this.#perform(call)
    } catch (error) {
      if (!this.#database.isTransaction) throw error
      this.#database.exec('ROLLBACK TO one_call')
      reply = failed(error)
    }
    this.#releaseSavepoint.run()
    return reply
  }

  /** @throws the call's error. */
  async #perform({ operation, args }: Call): Promise<Reply> {
    const { run } = this.#operations[operation] as unknown as Operation<readonly unknown[], unknown>
    return { ok: true, value: await run(...args) }
  }

  #durabilityOf(calls: readonly Call[]): Durability {
    let durability: Durability = 'read'
    for (const call of calls) {
      const needed = this.#operations[call.operation].durability
      if (needed === 'lasting') return needed
      if (needed === 'written') durability = needed
    }
    return durability
  }
}

function failed(error: unknown): Reply {
  return { ok: false, fault: toStorageFault(error) }
}
