import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InfluenceCap } from '../../src/routing/feedback-store.ts'
import { LabelInfluence } from '../../src/storage/sqlite/label-influence.ts'
import { nodeSqliteDialect } from '../../src/storage/sqlite/node-sqlite-dialect.ts'
import { openDatabase } from '../../src/storage/sqlite/open-database.ts'
import type { Schema } from '../../src/storage/sqlite/schema.ts'

let connection: DatabaseSync
let influence: LabelInfluence

beforeEach(() => {
  connection = openDatabase({ file: ':memory:', busyTimeoutMs: 0, maxFileBytes: undefined })
  influence = new LabelInfluence(new Kysely<Schema>({ dialect: nodeSqliteDialect(connection) }), connection)
})

afterEach(() => connection.close())

/** A third of a label for each that others offer, and nothing free. */
const cap: InfluenceCap = { window: 1_000, free: 0, share: 0.25 }

function say(keyId: string | undefined, llm = 'a'): number {
  const said = { decisionId: 'd', source: 'user', kind: 'thumbs', value: 1, receivedAtMs: 0 } as const
  const message = { ...said, keyId, idempotencyKey: undefined }
  return influence.allowedWeight(message, llm, undefined, keyId === undefined ? undefined : cap)
}

const totals = () =>
  connection.prepare("SELECT llm, offered FROM label_credits WHERE key_id = '*' ORDER BY llm").all() as unknown[]

const times = (count: number, act: () => number) => Array.from({ length: count }, act)

test('counts what all keys offer of each LLM, also on from a database that has it by key alone', () => {
  times(6, () => say(undefined))
  say(undefined, 'b')
  // Six of others give two labels.
  expect(times(3, () => say('loud'))).toEqual([1, 1, 0])
  connection.exec("DELETE FROM label_credits WHERE key_id = '*'")
  times(3, () => say(undefined))
  expect(times(2, () => say('loud'))).toEqual([1, 0])
  expect(totals()).toEqual([{ llm: 'a', offered: 14 }])
  expect(say('loud', 'b')).toBeCloseTo(1 / 3, 12)
  expect(totals()).toEqual([
    { llm: 'a', offered: 14 },
    { llm: 'b', offered: 2 },
  ])
})
