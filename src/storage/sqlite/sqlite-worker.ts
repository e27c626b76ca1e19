import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Kysely } from 'kysely'
import { BatchRunner } from './batch-runner.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { type DatabaseOptions, fileGuard, openDatabase } from './open-database.ts'
import { createOperations } from './operations.ts'
import type { MessageFromWorker, MessageToWorker } from './protocol.ts'
import type { Schema } from './schema.ts'
import { toStorageFault } from './sqlite-fault.ts'

if (parentPort === null) throw new Error('This file is run as a worker thread by openSqliteStorage')
serve(parentPort, workerData as DatabaseOptions)

/** Owns the database: answers batches in the order they come, one at a time, until told to close. */
function serve(port: MessagePort, options: DatabaseOptions): void {
  const send = (message: MessageFromWorker): void => port.postMessage(message)
  let database: DatabaseSync
  try {
    database = openDatabase(options)
  } catch (error) {
    send({ kind: 'not_opened', fault: toStorageFault(error) })
    port.close()
    return
  }
  const operations = createOperations(new Kysely<Schema>({ dialect: nodeSqliteDialect(database) }), database)
  const runner = new BatchRunner(database, operations, fileGuard(options.file))
  const answer = async (message: MessageToWorker): Promise<void> => {
    if (message.kind === 'batch') return send({ kind: 'replies', replies: await runner.run(message.calls) })
    database.close()
    send({ kind: 'closed' })
    port.close()
  }
  port.on('message', (message: MessageToWorker) => void answer(message))
  send({ kind: 'opened' })
}
