/**
 * What a label costs the storage's worker, with and without a cap on its key's influence, while the log grows; then what it takes to read the
 * log of decisions. Run: npm exec -- node bench/feedback.ts [LABELS] [FOLDER], on the disk that is to be measured.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely } from 'kysely'
import type { InfluenceCap } from '../src/routing/feedback-store.ts'
import type { Feedback } from '../src/routing/outcome.ts'
import { sampleDecision, sampleFeedback, sampleSettlement } from '../src/storage/__fixtures__/sample-records.ts'
import { encodeDecision } from '../src/storage/decision-row.ts'
import { encodeSettlement } from '../src/storage/settlement-row.ts'
import { BatchRunner } from '../src/storage/sqlite/batch-runner.ts'
import { nodeSqliteDialect } from '../src/storage/sqlite/node-sqlite-dialect.ts'
import { openDatabase } from '../src/storage/sqlite/open-database.ts'
import { openSqliteStorage } from '../src/storage/sqlite/open-sqlite-storage.ts'
import { createOperations } from '../src/storage/sqlite/operations.ts'
import type { Call } from '../src/storage/sqlite/protocol.ts'
import type { Schema } from '../src/storage/sqlite/schema.ts'

const batch = 64
const decisions = 20_000
const keys = 50
const labels = Number(process.argv[2] ?? 100_000)
const cap: InfluenceCap = { window: 1000, free: 20, share: 0.1 }
const readings = 5

const folder = await mkdtemp(join(process.argv[3] ?? tmpdir(), 'pointsman-bench-'))
const file = join(folder, 'pointsman.db')
try {
  console.log(
    `Node ${process.version}; ${decisions} decisions over 12 LLMs, ${keys} keys, cap of ${cap.share} of what is said`,
  )
  const database = openDatabase({ file, busyTimeoutMs: 0, maxFileBytes: undefined })
  const operations = createOperations(new Kysely<Schema>({ dialect: nodeSqliteDialect(database) }), database)
  const runner = new BatchRunner(database, operations)
  await prepare(runner)
  const step = Math.max(batch, Math.floor(labels / 10))
  for (let at = 0; at < labels; at += step) {
    const capped = await runAll(
      runner,
      Array.from({ length: step / 2 }, (_, i) => accept(at + 2 * i, cap)),
    )
    const free = await runAll(
      runner,
      Array.from({ length: step / 2 }, (_, i) => accept(at + 2 * i + 1)),
    )
    console.log(
      `after ${at} labels: ${free.toFixed(0)} µs without a cap, ${capped.toFixed(0)} µs with one (CPU of the worker)`,
    )
  }
  database.close()
  await measureLog()
} finally {
  await rm(folder, { recursive: true })
}

function idOf(i: number): string {
  return `dec_${String(i).padStart(22, '0')}`
}

async function prepare(runner: BatchRunner): Promise<void> {
  const sample = sampleDecision('sample')
  const ids = Array.from({ length: decisions }, (_, i) => idOf(i))
  await runAll(
    runner,
    ids.map((id) => ({ operation: 'appendDecision', args: [encodeDecision({ ...sample, id }, 1000)] })),
  )
  await runAll(
    runner,
    ids.map((id) => ({ operation: 'settle', args: [encodeSettlement(sampleSettlement(id))] })),
  )
}

/** The n-th label: a source goes through all decisions before the next one does. */
function accept(n: number, capped?: InfluenceCap): Call {
  const fields: Partial<Feedback> = { source: `source-${Math.floor(n / decisions)}`, keyId: `key-${n % keys}` }
  return { operation: 'acceptFeedback', args: [sampleFeedback(idOf(n % decisions), fields), undefined, capped] }
}

/** Mean CPU time of each call, µs. */
async function runAll(runner: BatchRunner, calls: readonly Call[]): Promise<number> {
  const before = process.cpuUsage()
  for (let i = 0; i < calls.length; i += batch) {
    for (const reply of await runner.run(calls.slice(i, i + batch))) {
      if (!reply.ok) throw new Error(reply.fault.message)
      const { status } = (reply.value ?? { status: 'accepted' }) as { readonly status: string }
      if (status !== 'accepted') throw new Error(status)
    }
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls.length
}

async function measureLog(): Promise<void> {
  const storage = await openSqliteStorage({ file })
  const wallMs: number[] = []
  const cpuMs: number[] = []
  for (let i = 0; i < readings; i++) {
    const before = process.cpuUsage()
    const start = performance.now()
    const { length } = await storage.decisions.logged('', 10_000)
    wallMs.push(performance.now() - start)
    if (length !== 10_000) throw new Error(`${length} decisions were read`)
    const { user, system } = process.cpuUsage(before)
    cpuMs.push((user + system) / 1000)
  }
  await storage.close()
  console.log(
    `10,000 decisions of the log with ${labels / decisions} labels each: median ${median(wallMs)} ms, CPU of both threads ${median(cpuMs)} ms`,
  )
}

function median(values: readonly number[]): string {
  return (values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN).toFixed(0)
}
