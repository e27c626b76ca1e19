import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleDecision, sampleFeedback, sampleKey, sampleSettlement } from '../__fixtures__/sample-records.ts'
import { encodeApiKey } from '../api-key-row.ts'
import { encodeDecision } from '../decision-row.ts'
import { encodeSettlement } from '../settlement-row.ts'
import { StorageError } from '../storage-error.ts'
import { BatchRunner } from './batch-runner.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { openDatabase } from './open-database.ts'
import { createOperations, type OperationArgs, type OperationName, type Operations } from './operations.ts'
import type { Call } from './protocol.ts'
import type { Schema } from './schema.ts'

let database: DatabaseSync
let operations: Operations
beforeEach(() => {
  database = openDatabase({ file: ':memory:', busyTimeoutMs: 0, maxFileBytes: undefined })
  operations = createOperations(new Kysely<Schema>({ dialect: nodeSqliteDialect(database) }), database)
})
afterEach(() => database.close())

const call = <Name extends OperationName>(operation: Name, ...args: OperationArgs<Name>): Call => ({ operation, args })
const append = (id: string): Call => call('appendDecision', encodeDecision(sampleDecision(id), 1))
const spent = call('spentNanoUsd', 0, undefined)

function runner(replaced: Partial<Operations> = {}, requireFile: () => void = () => {}): BatchRunner {
  return new BatchRunner(database, { ...operations, ...replaced }, { requireFile })
}

describe('BatchRunner', () => {
  it('answers in order, and a read sees the writes before it', async () => {
    expect(await runner().run([append('a'), spent, append('b'), spent])).toEqual([
      { ok: true, value: undefined },
      { ok: true, value: 1 },
      { ok: true, value: undefined },
      { ok: true, value: 2 },
    ])
    expect(database.isTransaction).toBe(false)
  })

  it('undoes a failed call and nothing else', async () => {
    const halfDone: Operations['saveEmbedder'] = {
      durability: 'lasting',
      run: async (id, snapshot) => {
        await operations.saveEmbedder.run(id, snapshot)
        throw new StorageError('storage_conflict', 'Half done')
      },
    }
    const bytes = Uint8Array.of(1)
    const replies = await runner({ saveEmbedder: halfDone }).run([
      append('a'),
      call('saveEmbedder', 'e', bytes),
      append('b'),
      call('embedder', 'e'),
      spent,
    ])
    expect(replies.map((reply) => (reply.ok ? reply.value : reply.fault.code))).toEqual([
      undefined,
      'storage_conflict',
      undefined,
      undefined,
      2,
    ])
  })

  it('runs the calls one by one when one of them loses the transaction', async () => {
    const losing: Operations['revokeKey'] = {
      durability: 'lasting',
      run: async () => {
        database.exec('ROLLBACK')
        throw new StorageError('storage_full', 'No space')
      },
    }
    const key = encodeApiKey(sampleKey('k1'))
    const runs = runner({ revokeKey: losing })
    const replies = await runs.run([
      append('a'),
      call('createKey', key),
      call('revokeKey', 'k1', 5),
      append('b'),
      spent,
    ])
    expect(replies.map((reply) => (reply.ok ? reply.value : reply.fault.code))).toEqual([
      undefined,
      undefined,
      'storage_full',
      undefined,
      2,
    ])
    expect(await runs.run([call('listKeys')])).toEqual([{ ok: true, value: [key] }])
  })

  it('fails every call when the file is gone, and none once it is back', async () => {
    let there = false
    const runs = runner({}, () => {
      if (!there) throw new StorageError('storage_unavailable', 'Gone')
    })
    expect(await runs.run([append('a'), spent])).toMatchObject([{ ok: false }, { ok: false }])
    there = true
    expect(await runs.run([append('a'), spent])).toMatchObject([{ ok: true }, { ok: true, value: 1 }])
  })

  it('commits feedback, keys and policies in full synchrony and other writes without', async () => {
    const runs = runner()
    const synchronousAfter = async (...calls: Call[]): Promise<unknown> => {
      expect((await runs.run(calls)).every(({ ok }) => ok)).toBe(true)
      return database.prepare('PRAGMA synchronous').get()?.synchronous
    }
    const full = 2
    const normal = 1
    expect(await synchronousAfter(append('a'), call('settle', encodeSettlement(sampleSettlement('a'))))).toBe(normal)
    expect(await synchronousAfter(append('b'), call('acceptFeedback', sampleFeedback('a'), undefined))).toBe(full)
    expect(await synchronousAfter(append('c'))).toBe(normal)
    expect(await synchronousAfter(call('createKey', encodeApiKey(sampleKey('k1'))))).toBe(full)
    expect(await synchronousAfter(append('d'))).toBe(normal)
    expect(await synchronousAfter(call('saveEmbedder', 'e', Uint8Array.of(1)))).toBe(full)
  })
})
