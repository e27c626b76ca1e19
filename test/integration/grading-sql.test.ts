import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSql } from '../../src/grading/run-sql.ts'
import { createSqlGrader } from '../../src/grading/sql-grader.ts'

let folder: string
let file: string
const { signal } = new AbortController()
const limits = { timeLimitMs: 5_000, maxRows: 1_000 }

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pointsman-sql-'))
  file = path.join(folder, 'shop.db')
  for (const [name, value] of [
    ['shop.db', 'ours'],
    ['other.db', 'theirs'],
  ]) {
    const db = new DatabaseSync(path.join(folder, name!))
    db.exec('CREATE TABLE sales (id INTEGER, city TEXT, amount REAL)')
    db.exec(`INSERT INTO sales VALUES (1, '${value}', 10.5), (2, 'Rome', 20), (3, 'Rome', NULL)`)
    db.close()
  }
  await writeFile(path.join(folder, 'secret.txt'), 'a secret')
})

afterAll(() => rm(folder, { recursive: true }))

async function quality(text: string, query: string, ordered = false) {
  const grader = createSqlGrader({ kind: 'sql', database: 'shop.db', query, ordered }, folder, limits)
  return (await grader.grade({ request: { messages: [] }, text, toolCalls: [] }, signal)).quality
}

describe('SQL grader', () => {
  it('compares rows, not words', async () => {
    const query = 'SELECT city, sum(amount) FROM sales GROUP BY city'
    expect(
      await quality('```sql\nSELECT city AS c, total(amount) FROM sales GROUP BY 1 ORDER BY 2 DESC;\n```', query),
    ).toBe(1)
    expect(await quality('SQL: SELECT city, sum(amount) FROM sales GROUP BY city', query)).toBe(1)
    expect(await quality(`Here is the query:\n\n${query};\n\nIt adds up the amounts.`, query)).toBe(1)
    expect(
      await quality(`It takes two steps.\n\nWITH s AS (SELECT * FROM sales)\n${query.replace('sales', 's')}`, query),
    ).toBe(1)
    expect(await quality('SELECT city, count(*) FROM sales GROUP BY city', query)).toBe(0)
    expect(await quality('SELECT city FROM sales', query)).toBe(0)
    expect(await quality('I cannot do that.', query)).toBe(0)
    expect(await quality('SELECT nothing FROM nowhere', query)).toBe(0)
  })

  it('counts the order where it is asked for', async () => {
    const query = 'SELECT id FROM sales ORDER BY id DESC'
    expect(await quality('SELECT id FROM sales ORDER BY id', query)).toBe(1)
    expect(await quality('SELECT id FROM sales ORDER BY id', query, true)).toBe(0)
    expect(await quality('SELECT id FROM sales ORDER BY -id', query, true)).toBe(1)
  })

  it('makes a database of a script anew for each query, which cannot change it', async () => {
    await writeFile(path.join(folder, 'shop.sql'), 'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);')
    const spec = { kind: 'sql', database: 'shop.sql', query: 'SELECT a FROM t', ordered: false } as const
    const grader = createSqlGrader(spec, folder, limits)
    const said = async (text: string) =>
      (await grader.grade({ request: { messages: [] }, text, toolCalls: [] }, signal)).quality
    expect(await said('WITH x AS (SELECT 1) DELETE FROM t')).toBe(0)
    expect(await said('SELECT a FROM t ORDER BY a DESC')).toBe(1)
  })

  it('says that a database or a reference cannot be used', async () => {
    const missing = createSqlGrader({ kind: 'sql', database: 'none.db', query: 'SELECT 1', ordered: false }, folder)
    const answer = { request: { messages: [] }, text: 'SELECT 1', toolCalls: [] }
    await expect(missing.grade(answer, signal)).rejects.toMatchObject({ code: 'grader_unavailable' })
    const text = createSqlGrader({ kind: 'sql', database: 'secret.txt', query: 'SELECT 1', ordered: false }, folder)
    await expect(text.grade(answer, signal)).rejects.toMatchObject({ code: 'grader_unavailable' })
    await expect(quality('SELECT 1', 'SELECT * FROM nowhere')).rejects.toMatchObject({ code: 'invalid_grader' })
  })
})

describe('a query of an answer', () => {
  const other = (): string => path.join(folder, 'other.db')

  it.each([
    ['attach another database', () => `ATTACH '${other()}' AS o`],
    ['attach behind a comment', () => `/* */ -- x\n ; ATTACH '${other()}' AS o`],
    ['attach behind a query', () => `SELECT 1; ATTACH '${other()}' AS o; SELECT * FROM o.sales`],
    ['use a database attached by nobody', () => 'WITH x AS (SELECT 1) SELECT * FROM o.sales'],
    ['delete', () => 'DELETE FROM sales'],
    ['delete behind a with', () => 'WITH x AS (SELECT 1) DELETE FROM sales'],
    ['insert behind a with', () => 'WITH x AS (SELECT 1) INSERT INTO sales SELECT 1, 2, 3'],
    ['create', () => 'CREATE TABLE t (a)'],
    ['set a pragma', () => 'PRAGMA writable_schema = 1'],
    ['read a pragma as a table', () => 'SELECT * FROM pragma_database_list'],
    ['load an extension', () => "SELECT load_extension('/tmp/x.so')"],
    ['read a file', () => `SELECT readfile('${path.join(folder, 'secret.txt')}')`],
    ['write a file', () => `SELECT writefile('${path.join(folder, 'new.txt')}', 'x')`],
    ['vacuum into another file', () => `VACUUM INTO '${path.join(folder, 'copy.db')}'`],
    [
      'return more than Node holds',
      () =>
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) SELECT replace(hex(zeroblob(500000)), '0', 'x') || n FROM c",
    ],
    ['take all memory', () => 'SELECT length(zeroblob(900000000) || zeroblob(900000000))'],
    [
      'return rows without end',
      () => 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n',
    ],
  ])('cannot %s', async (_, query) => {
    const before = await readFile(file)
    const outcome = await runSql(file, query(), limits, signal)
    if ('rows' in outcome) {
      // Only its first statement was run.
      expect(outcome.rows).toEqual([[1]])
    }
    expect(await readFile(file)).toEqual(before)
    for (const name of ['new.txt', 'copy.db']) await expect(readFile(path.join(folder, name))).rejects.toThrow()
  })

  it('cannot take all the time', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
    const outcome = await runSql(file, endless, { ...limits, timeLimitMs: 1_000 }, signal)
    expect(outcome).toEqual({ failure: 'it took longer than 1 s' })
  })

  it('may use functions, windows and recursion', async () => {
    const query =
      'WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i, sum(i) OVER (ORDER BY i), upper(city) FROM n JOIN sales ON id = i ORDER BY i'
    const outcome = await runSql(file, query, limits, signal)
    expect(outcome).toEqual({
      rows: [
        [1, 1, 'OURS'],
        [2, 3, 'ROME'],
        [3, 6, 'ROME'],
      ],
    })
  })

  it('may return what JSON cannot carry', async () => {
    const outcome = await runSql(file, "SELECT 9223372036854775807, 1e999, x'00ff', NULL", limits, signal)
    expect(outcome).toEqual({
      rows: [[{ integer: '9223372036854775807' }, { real: 'Infinity' }, { blob: 'AP8=' }, null]],
    })
  })
})
