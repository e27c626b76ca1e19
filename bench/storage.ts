/**
 * What storing costs: CPU of the worker and bytes on disk per decision, then calls through the worker with 1 and 64 callers,
 * with the event loop's longest delay. Run: npm exec -- node bench/storage.ts [FOLDER], on the disk that is to be measured.
 */

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Kysely } from 'kysely'
import { sampleDecision, sampleFeedback, sampleSettlement } from '../src/storage/__fixtures__/sample-records.ts'
import { encodeDecision } from '../src/storage/decision-row.ts'
import { encodeSettlement } from '../src/storage/settlement-row.ts'
import { BatchRunner } from '../src/storage/sqlite/batch-runner.ts'
import { fileGuard } from '../src/storage/sqlite/file-guard.ts'
import { nodeSqliteDialect } from '../src/storage/sqlite/node-sqlite-dialect.ts'
import { openDatabase } from '../src/storage/sqlite/open-database.ts'
import { openSqliteStorage } from '../src/storage/sqlite/open-sqlite-storage.ts'
import { createOperations } from '../src/storage/sqlite/operations.ts'
import type { Call } from '../src/storage/sqlite/protocol.ts'
import type { Schema } from '../src/storage/sqlite/schema.ts'
import type { Storage } from '../src/storage/storage.ts'

const batch = 64
const batches = 150
const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'pointsman-bench-'))
let files = 0

try {
  console.log(`Node ${process.version}; 64 embedding dimensions, 20 explicit features`)
  await measureCpu(12)
  await measureCpu(12)
  await measureCpu(1000)
  const sample = sampleDecision('sample')
  for (const callers of [1, 64]) {
    await measureCalls('decision + settlement', callers, callers === 1 ? 2000 : 20_000, async (storage, id) => {
      await storage.decisions.append({ ...sample, id }, 1000)
      await storage.decisions.settle(sampleSettlement(id))
    })
  }
  for (const callers of [1, 64]) await measureFeedback(callers, callers === 1 ? 500 : 10_000)
} finally {
  await rm(folder, { recursive: true })
}

/** Runs the worker's own code on this thread, in batches as the worker gets them. */
async function measureCpu(pool: number): Promise<void> {
  const file = newFile()
  const database = openDatabase({ file, busyTimeoutMs: 0, maxFileBytes: undefined })
  const operations = createOperations(new Kysely<Schema>({ dialect: nodeSqliteDialect(database) }), database)
  const runner = new BatchRunner(database, operations, { requireFile: fileGuard(file) })
  const sample = sampleDecision('sample', { pool })
  const ids = Array.from({ length: batch * batches }, (_, i) => `dec_${String(i).padStart(22, '0')}`)
  const [encodeUs, appends] = cpuUsOf(() =>
    ids.map((id): Call => ({ operation: 'appendDecision', args: [encodeDecision({ ...sample, id }, 1000)] })),
  )
  const settlements = ids.map((id): Call => ({ operation: 'settle', args: [encodeSettlement(sampleSettlement(id))] }))
  const appendUs = await runAll(runner, appends)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const { size } = await stat(file)
  const settleUs = await runAll(runner, settlements)
  database.close()
  const settledBytes = ((await stat(file)).size - size) / ids.length
  console.log(
    `${String(pool).padStart(4)} LLMs: encode ${encodeUs.toFixed(1)} µs (caller), append ${appendUs.toFixed(1)} µs and settle ` +
      `${settleUs.toFixed(1)} µs (worker); ${Math.round(size / ids.length)} + ${Math.round(settledBytes)} bytes`,
  )
}

/** Mean CPU time of each call, µs. */
async function runAll(runner: BatchRunner, calls: readonly Call[]): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < calls.length; i += batch) {
    for (const reply of await runner.run(calls.slice(i, i + batch))) if (!reply.ok) throw new Error(reply.fault.message)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls.length
}

/** Mean CPU time per element of what `make` returns, µs. */
function cpuUsOf<T>(make: () => T[]): [us: number, made: T[]] {
  const before = process.cpuUsage()
  const made = make()
  const { user, system } = process.cpuUsage(before)
  return [(user + system) / made.length, made]
}

async function measureFeedback(callers: number, count: number): Promise<void> {
  const prepare = async (storage: Storage, ids: readonly string[]): Promise<void> => {
    await Promise.all(ids.map((id) => storage.decisions.append(sampleDecision(id), 0)))
    await Promise.all(ids.map((id) => storage.decisions.settle(sampleSettlement(id))))
  }
  await measureCalls('feedback, synced', callers, count, acceptOne, prepare)
}

async function acceptOne(storage: Storage, id: string): Promise<void> {
  const { status } = await storage.feedback.accept(sampleFeedback(id), undefined)
  if (status !== 'accepted') throw new Error(status)
}

async function measureCalls(
  name: string,
  callers: number,
  count: number,
  run: (storage: Storage, id: string) => Promise<void>,
  prepare: (storage: Storage, ids: readonly string[]) => Promise<void> = async () => {},
): Promise<void> {
  const storage = await openSqliteStorage({ file: newFile() })
  const ids = Array.from({ length: count }, (_, i) => `dec_${String(i).padStart(22, '0')}`)
  await prepare(storage, ids)
  const times = new Float64Array(count)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let next = 0
  const call = async (): Promise<void> => {
    while (next < count) {
      const i = next++
      const start = performance.now()
      await run(storage, ids[i]!)
      times[i] = performance.now() - start
    }
  }
  delay.enable()
  const begun = performance.now()
  await Promise.all(Array.from({ length: callers }, call))
  const seconds = (performance.now() - begun) / 1000
  delay.disable()
  await storage.close()
  times.sort()
  console.log(
    `${name}, ${callers} callers: ${Math.round(count / seconds)}/s; p50 ${times[count >> 1]!.toFixed(2)} ms, ` +
      `p99 ${times[Math.floor(count * 0.99)]!.toFixed(2)} ms; event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  )
}

function newFile(): string {
  files += 1
  return join(folder, `${files}.db`)
}
