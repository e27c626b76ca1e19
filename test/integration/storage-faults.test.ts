import { mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  sampleDecision,
  sampleFeedback,
  sampleKey,
  sampleSettlement,
} from '../../src/storage/__fixtures__/sample-records.ts'
import { openSqliteStorage, type SqliteStorageOptions } from '../../src/storage/sqlite/open-sqlite-storage.ts'
import { StorageClient } from '../../src/storage/sqlite/storage-client.ts'
import type { Storage } from '../../src/storage/storage.ts'
import type { StorageError } from '../../src/storage/storage-error.ts'

let folder: string
let file: string
let opened: Storage[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pointsman-storage-'))
  file = join(folder, 'pointsman.db')
  opened = []
})
afterEach(async () => {
  for (const storage of opened) await storage.close()
  await rm(folder, { recursive: true })
})

async function openStorage(options: Partial<SqliteStorageOptions> = {}): Promise<Storage> {
  const storage = await openSqliteStorage({ file, ...options })
  opened.push(storage)
  return storage
}

/** Appends until the database is full; returns the ids it acknowledged. */
async function fill(storage: Storage, batch: number): Promise<string[]> {
  const stored: string[] = []
  for (let i = 0; i < 2000; i += batch) {
    const ids = Array.from({ length: batch }, (_, j) => `d${i + j}`)
    const ends = await Promise.allSettled(
      ids.map((id, j) => storage.decisions.append(sampleDecision(id, { createdAtMs: 1000 + i + j }), 1)),
    )
    const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    ids.forEach((id, j) => {
      if (ends[j]?.status === 'fulfilled') stored.push(id)
    })
    if (faults.length > 0) {
      for (const fault of faults) expect(fault).toMatchObject({ name: 'StorageError', code: 'storage_full' })
      return stored
    }
  }
  throw new Error('The database never filled up')
}

describe('a full disk', () => {
  it.each([1, 64])('loses nothing that was acknowledged, in batches of %d', async (batch) => {
    const storage = await openStorage({ maxFileBytes: 600_000 })
    const stored = await fill(storage, batch)
    expect(stored.length).toBeGreaterThan(100)
    for (const id of stored) expect((await storage.decisions.get(id))?.decision.id).toBe(id)
    expect(await storage.decisions.spentNanoUsd(0)).toBe(stored.length)
  })

  it('still takes what fits, and everything once there is space again', async () => {
    const small = await openStorage({ maxFileBytes: 600_000 })
    await small.decisions.append(sampleDecision('first', { createdAtMs: 1 }), 1)
    await small.decisions.settle(sampleSettlement('first'))
    await fill(small, 64)
    const large = sampleDecision('large', { pool: 32, createdAtMs: 9_000_000 })
    const ends = await Promise.allSettled([
      small.decisions.append({ ...large, context: { ...large.context, embedding: new Float32Array(50_000) } }, 1),
      small.feedback.accept(sampleFeedback('first'), undefined),
    ])
    expect(ends[0]).toMatchObject({ status: 'rejected', reason: { code: 'storage_full' } })
    expect(ends[1]).toMatchObject({ status: 'fulfilled', value: { sequence: 1 } })

    expect(await small.decisions.prune(1100)).toBeGreaterThan(50)
    await small.decisions.append(large, 1)
    expect((await small.decisions.get('large'))?.decision).toEqual(large)
  })
})

describe('a file that is not what it should be', () => {
  it('is not opened when it is no database', async () => {
    await writeFile(file, 'This is a letter to my aunt, and it is longer than one hundred bytes. '.repeat(20))
    await expect(openStorage()).rejects.toMatchObject({ name: 'StorageError', code: 'storage_corrupt' })
  })

  it('is not opened when its folder is missing or it is a folder', async () => {
    const unavailable = { code: 'storage_unavailable' }
    await expect(openStorage({ file: join(folder, 'missing', 'pointsman.db') })).rejects.toMatchObject(unavailable)
    await mkdir(join(folder, 'folder'))
    await expect(openStorage({ file: join(folder, 'folder') })).rejects.toMatchObject(unavailable)
  })

  it('is reported when its pages are damaged', async () => {
    const storage = await openStorage()
    for (let i = 0; i < 200; i++) await storage.decisions.append(sampleDecision(`d${i}`), 1)
    await storage.close()
    const { size } = await stat(file)
    const handle = await open(file, 'r+')
    // What describes the tables lies in front, what they hold behind it.
    const half = size / 2 - ((size / 2) % 4096)
    await handle.write(Buffer.alloc(size - half, 0xa5), 0, size - half, half)
    const damaged = await openStorage()
    const reads = Array.from({ length: 200 }, (_, i) => damaged.decisions.get(`d${i}`))
    const faults = (await Promise.allSettled(reads)).filter(({ status }) => status === 'rejected')
    expect(faults.length).toBeGreaterThan(0)
    for (const fault of faults) expect(fault).toMatchObject({ reason: { code: 'storage_corrupt' } })
    await damaged.close().catch(() => {})
    await handle.write(Buffer.alloc(size - 8192, 0xa5), 0, size - 8192, 8192)
    await handle.close()
    await expect(openStorage()).rejects.toMatchObject({ code: 'storage_corrupt' })
  })

  it.each([
    ['deleted', () => rm(file)],
    ['moved away', () => rename(file, join(folder, 'elsewhere.db'))],
    ['replaced', () => writeFile(join(folder, 'new.db'), '').then(() => rename(join(folder, 'new.db'), file))],
  ])('is reported, not written to in vain, when it is %s', async (_, change) => {
    const storage = await openStorage()
    await storage.decisions.append(sampleDecision('d1'), 1)
    await change()
    const unavailable = { code: 'storage_unavailable' }
    await expect(storage.decisions.append(sampleDecision('d2'), 1)).rejects.toMatchObject(unavailable)
    await expect(storage.decisions.get('d1')).rejects.toMatchObject(unavailable)
  })

  it('is readable by its owner alone', async () => {
    await openStorage()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })
})

describe('a record that cannot cross to the worker', () => {
  it('fails its batch, not the process or the batches after it', async () => {
    const storage = await openStorage()
    const feedback = { ...sampleFeedback('d1'), extra: () => 1 }
    await expect(storage.feedback.accept(feedback, undefined)).rejects.toMatchObject({ code: 'storage_conflict' })
    expect(await storage.feedback.latestSequence()).toBe(0)
  })
})

describe("another process's lock", () => {
  it('is waited for, then reported, and then forgotten', async () => {
    const storage = await openStorage({ busyTimeoutMs: 50 })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    await expect(storage.keys.create(sampleKey('k1'))).rejects.toMatchObject({ code: 'storage_locked' })
    expect(await storage.keys.list()).toEqual([])
    other.exec('ROLLBACK')
    other.close()
    await storage.keys.create(sampleKey('k1'))
    expect(await storage.keys.list()).toHaveLength(1)
  })
})

describe('reads', () => {
  it("do not wait while a write waits for another process's lock", async () => {
    const storage = await openStorage({ busyTimeoutMs: 30_000 })
    await storage.keys.create(sampleKey('k1'))
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    let written = false
    const write = storage.keys.create(sampleKey('k2')).then(() => {
      written = true
    })
    for (let i = 0; i < 50; i++) {
      expect(await storage.keys.list()).toHaveLength(1)
      expect(await storage.decisions.get('d1')).toBeUndefined()
    }
    expect(written).toBe(false)
    other.exec('ROLLBACK')
    other.close()
    await write
    expect(await storage.keys.list()).toHaveLength(2)
  })

  it('see the writes before them in memory too', async () => {
    const storage = await openStorage({ file: ':memory:' })
    const ids = Array.from({ length: 100 }, (_, i) => `d${i}`)
    const reads = ids.map(async (id) => {
      await storage.decisions.append(sampleDecision(id), 1)
      return (await storage.decisions.get(id))?.decision.id
    })
    expect(await Promise.all(reads)).toEqual(ids)
  })
})

describe('repeated feedback', () => {
  it('makes the database remember a bounded number of messages', async () => {
    const storage = await openStorage()
    await storage.decisions.append(sampleDecision('d1'), 1)
    await storage.decisions.settle(sampleSettlement('d1'))
    for (let i = 0; i < 100; i++) {
      const { status } = await storage.feedback.accept(sampleFeedback('d1', { idempotencyKey: `m${i}` }), undefined)
      expect(status).toBe(i === 0 ? 'accepted' : 'duplicate')
    }
    const database = new DatabaseSync(file)
    expect(database.prepare('SELECT count(*) AS messages FROM feedback_messages').get()).toEqual({ messages: 64 })
    database.close()
  })
})

describe('closing', () => {
  it('ends, and reports the learned state that no longer fitted, when the disk is full', async () => {
    const storage = await openStorage({ maxFileBytes: 600_000 })
    const state = new Float64Array(100_000)
    const saved = storage.policies.saveLearnedState('unfitted', 5, state)
    const closed = storage.close()
    await expect(saved).rejects.toMatchObject({ code: 'storage_full' })
    await closed
  })

  it('does not wait for ever for a lock that another process keeps', async () => {
    const storage = await openStorage({ busyTimeoutMs: 50 })
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const saved = storage.policies.saveLearnedState('unfitted', 5, 1)
    const closed = storage.close()
    await expect(saved).rejects.toMatchObject({ code: 'storage_locked' })
    await closed
    other.close()
  })
})

describe("the worker's death", () => {
  it('rejects the calls that are pending and those that follow', async () => {
    const worker = new Worker('require("node:worker_threads").parentPort.once("message", () => process.exit(3))', {
      eval: true,
    })
    const heard: StorageError[] = []
    const client = new StorageClient(worker, (error) => heard.push(error))
    const unavailable = { status: 'rejected', reason: { name: 'StorageError', code: 'storage_unavailable' } }
    const first = client.read('latestSequence')
    const second = new Promise((resolve) => setImmediate(resolve)).then(() => client.read('latestSequence'))
    expect(await Promise.allSettled([first, second])).toMatchObject([unavailable, unavailable])
    expect(await Promise.allSettled([client.read('latestSequence')])).toMatchObject([unavailable])
    expect(heard).toMatchObject([{ code: 'storage_unavailable' }])
    await client.close()
  })

  it('is explained by the error that the worker threw', async () => {
    const worker = new Worker(
      'require("node:worker_threads").parentPort.once("message", () => { throw new Error("Bang") })',
      {
        eval: true,
      },
    )
    const client = new StorageClient(worker, () => {})
    await expect(client.read('latestSequence')).rejects.toMatchObject({
      code: 'storage_unavailable',
      cause: { message: 'Bang' },
    })
  })
})
