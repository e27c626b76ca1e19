import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildVersion1 } from '../../src/storage/sqlite/migrations/__fixtures__/version-1.ts'
import { migrate, migrations } from '../../src/storage/sqlite/migrations/migrate.ts'
import { openSqliteStorage } from '../../src/storage/sqlite/open-sqlite-storage.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pointsman-storage-'))
  file = join(folder, 'pointsman.db')
})
afterEach(() => rm(folder, { recursive: true }))

describe('from version 1', () => {
  it('reads every record', async () => {
    buildVersion1(file)
    const storage = await openSqliteStorage({ file })
    const stored = await storage.decisions.get('d1')
    expect(stored?.decision).toMatchObject({
      keyId: 'k1',
      pinned: false,
      rule: 'cheapest',
      maxOutputTokens: 256,
      choices: 3,
      preference: { lambda: 1.4, maxCostUsd: undefined, maxLatencyMs: 900, allow: [['a']], deny: ['z'] },
      context: { embedderId: 'e1', embedding: Float32Array.of(1, 2), explicit: Float32Array.of(2) },
      candidates: [
        { llm: 'a', qualitySource: 'fitted', quality: 0.5, costUsd: undefined, costP90Usd: 0.5, probability: 0.5 },
        { llm: 'b', qualitySource: 'prior', quality: 0.5, offlineCostUsd: 0.5, costUsd: 0.5, probability: 0.5 },
      ],
      excluded: [{ llm: 'c', reason: 'no_tools' }],
    })
    expect(stored?.settlement).toMatchObject({
      answered: 'b',
      // A call failed before it, which may be in what was booked.
      billedNanoUsd: undefined,
      usage: { inputTokens: 40, outputTokens: 9 },
      attempts: [
        { llm: 'a', error: 'upstream_timeout', ms: 7 },
        { llm: 'b', error: undefined, ms: 92 },
      ],
    })
    expect(await storage.decisions.spentNanoUsd(0, 'k1')).toBe(450)
    expect((await storage.feedback.labelsAfter(1, 9))[0]).toMatchObject({
      sequence: 2,
      value: 0.25,
      offlineQuality: 0.5,
      weight: 1,
      noise: undefined,
      revises: { sequence: 1, kind: 'thumbs', value: 1, weight: 1, noise: undefined },
    })
    // The revised label of the two no longer counts for its key.
    const cap = { window: 10, free: 1.5, share: 0 }
    const next = {
      decisionId: 'd1',
      source: 'other',
      kind: 'score',
      value: 1,
      receivedAtMs: 5000,
      idempotencyKey: undefined,
    } as const
    expect(await storage.feedback.accept({ ...next, keyId: 'k1' }, 'k1', cap)).toMatchObject({ label: { weight: 1 } })
    expect(await storage.policies.latestVersion()).toMatchObject({ id: 'v1', snapshot: [] })
    expect(await storage.policies.embedder('e1')).toEqual([])
    expect(await storage.policies.learnedState('v1')).toEqual({ sequence: 2, state: [] })
    expect(await storage.keys.list()).toMatchObject([{ id: 'k1', preference: { lambda: Number.POSITIVE_INFINITY } }])
    expect(await storage.responses.get('d1', 'k1')).toBeUndefined()
    await storage.close()
  })

  it('ends with the tables of a new database', async () => {
    buildVersion1(file)
    const tables = (path: string): unknown => {
      const database = new DatabaseSync(path)
      migrate(database)
      const found = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()
      database.close()
      return found
    }
    expect(tables(file)).toEqual(tables(join(folder, 'new.db')))
  })
})

describe('migrate', () => {
  it('numbers its steps without gaps', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1))
  })

  it('runs only the steps that are missing, and all of them or none', () => {
    const database = new DatabaseSync(file)
    migrate(database)
    const ran: number[] = []
    const step = (version: number, fails = false) => ({
      version,
      up: (target: DatabaseSync) => {
        ran.push(version)
        target.exec(`CREATE TABLE step_${version} (a)`)
        if (fails) throw new Error('The step failed')
      },
    })
    const next = migrations.length + 1
    expect(() => migrate(database, [...migrations, step(next), step(next + 1, true)])).toThrow('The step failed')
    migrate(database, [...migrations, step(next)])
    migrate(database, [...migrations, step(next)])
    expect(ran).toEqual([next, next + 1, next])
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'step_%'").all()).toHaveLength(1)
    database.close()
  })

  it('refuses a database that a newer Pointsman wrote', async () => {
    const database = new DatabaseSync(file)
    migrate(database)
    database.exec('PRAGMA user_version = 1000')
    database.close()
    await expect(openSqliteStorage({ file })).rejects.toMatchObject({ code: 'storage_newer_version' })
  })

  it("leaves another program's database as it is", async () => {
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE accounts (name TEXT)')
    await expect(openSqliteStorage({ file })).rejects.toMatchObject({ code: 'storage_corrupt' })
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'accounts' }])
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
    database.close()
  })

  it('lets several processes create one database at a time', async () => {
    await writeFile(file, '')
    const opened = await Promise.all(Array.from({ length: 4 }, () => openSqliteStorage({ file })))
    for (const storage of opened) {
      expect(await storage.feedback.latestSequence()).toBe(0)
      await storage.close()
    }
  })
})
