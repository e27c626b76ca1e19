import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Durability, Operation, Operations } from './operations.ts'
import type { Call, Reply } from './protocol.ts'
import { toStorageFault } from './sqlite-fault.ts'

type Attempt = { readonly replies: readonly Reply[] } | { readonly lost: unknown }
type Perform = (call: Call) => Promise<Reply>

/**
 * Runs batches of calls, each in one transaction (group commit). When a call fails the batch is undone and run again
 * with a savepoint around every call, so that it takes nothing else with it: savepoints cost as much as a small call,
 * and calls hardly ever fail. When the transaction itself is lost (no space left), the calls are run once more one by
 * one, so that those that still fit succeed.
 */
export class BatchRunner {
  readonly #database: DatabaseSync
  readonly #operations: Operations
  readonly #requireFile: () => void
  readonly #setSavepoint: StatementSync
  readonly #releaseSavepoint: StatementSync
  #synchronous: Durability | undefined

  /** @param requireFile throws when the database's file is no longer in its place. */
  constructor(database: DatabaseSync, operations: Operations, requireFile: () => void) {
    this.#database = database
    this.#operations = operations
    this.#requireFile = requireFile
    this.#setSavepoint = database.prepare('SAVEPOINT one_call')
    this.#releaseSavepoint = database.prepare('RELEASE one_call')
  }

  /**
   * Not to be called while a batch is under way. Rejects only when a transaction cannot even be undone.
   *
   * @returns one reply per call, in order.
   */
  async run(calls: readonly Call[]): Promise<readonly Reply[]> {
    const plain = await this.#transact(calls, (call) => this.#perform(call))
    if ('replies' in plain) return plain.replies
    if (calls.length === 1) return [failed(plain.lost)]
    const guarded = await this.#transact(calls, (call) => this.#performInSavepoint(call))
    return 'replies' in guarded ? guarded.replies : this.#runOneByOne(calls)
  }

  async #runOneByOne(calls: readonly Call[]): Promise<readonly Reply[]> {
    const replies: Reply[] = []
    for (const call of calls) replies.push(...(await this.run([call])))
    return replies
  }

  /** A batch of reads has a transaction too: what another process commits meanwhile shows in all of it or none. */
  #begin(durability: Durability): void {
    if (durability === 'read') {
      this.#database.exec('BEGIN')
      return
    }
    if (this.#synchronous !== durability) {
      this.#database.exec(`PRAGMA synchronous = ${durability === 'lasting' ? 'FULL' : 'NORMAL'}`)
      this.#synchronous = durability
    }
    this.#database.exec('BEGIN IMMEDIATE')
  }

  async #transact(calls: readonly Call[], perform: Perform): Promise<Attempt> {
    try {
      this.#requireFile()
      this.#begin(this.#durabilityOf(calls))
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
