import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Kysely } from 'kysely'
import { BatchRunner } from './batch-runner.ts'
import { claimServing } from './claim-serving.ts'
import { fileGuard } from './file-guard.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { openDatabase, openReader } from './open-database.ts'
import { createOperations } from './operations.ts'
import type { Call, Lane, MessageFromWorker, MessageToWorker, WorkerOptions } from './protocol.ts'
import type { Schema } from './schema.ts'
import { toStorageFault } from './sqlite-fault.ts'

if (parentPort === null) throw new Error('This file is run as a worker thread by openSqliteStorage')
serve(parentPort, workerData as WorkerOptions)

interface OpenedDatabase {
  readonly runners: Readonly<Record<Lane, BatchRunner>>
  readonly close: () => void
}

/** Owns the database: answers the batches of each lane in the order they come, until told to close. */
function serve(port: MessagePort, options: WorkerOptions): void {
  const send = (message: MessageFromWorker): void => port.postMessage(message)
  let database: OpenedDatabase
  try {
    database = open(options)
  } catch (error) {
    send({ kind: 'not_opened', fault: toStorageFault(error) })
    port.close()
    return
  }
  port.on('message', (message: MessageToWorker) => {
    if (message.kind === 'batch') void answer(message.lane, message.calls)
    else close()
  })
  send({ kind: 'opened' })

  async function answer(lane: Lane, calls: readonly Call[]): Promise<void> {
    send({ kind: 'replies', lane, replies: await database.runners[lane].run(calls) })
  }

  function close(): void {
    try {
      database.close()
      send({ kind: 'closed' })
    } catch (error) {
      send({ kind: 'not_closed', fault: toStorageFault(error) })
    }
    port.close()
  }
}

function open(options: WorkerOptions): OpenedDatabase {
  const opened: DatabaseSync[] = []
  const close = (): void => {
    for (const database of opened.toReversed()) database.close()
  }
  const keep = (database: DatabaseSync): DatabaseSync => {
    opened.push(database)
    return database
  }
  const inMemory = options.file === ':memory:'
  try {
    if (options.exclusive && !inMemory) keep(claimServing(options.file))
    const writer = keep(openDatabase(options))
    writer.exec('PRAGMA busy_timeout = 0')
    const requireFile = fileGuard(options.file)
    const run = (database: DatabaseSync): BatchRunner =>
      new BatchRunner(database, createOperations(kyselyOn(database), database, options.bookedBy), {
        requireFile,
        busyTimeoutMs: options.busyTimeoutMs,
      })
    const write = run(writer)
    // A database in memory belongs to its one connection, and no other process can lock it.
    return { runners: { write, read: inMemory ? write : run(keep(openReader(options))) }, close }
  } catch (error) {
    close()
    throw error
  }
}

function kyselyOn(database: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: nodeSqliteDialect(database) })
}
