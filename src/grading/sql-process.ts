import { readFileSync } from 'node:fs'
import { constants, DatabaseSync } from 'node:sqlite'
import type { SqlCell, SqlProcessInput, SqlProcessOutput } from './run-sql.ts'

// A program of its own: runs one query, writes its rows as JSON, ends. It is started with the permission to read that one file only.

let input = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (piece: string) => {
  input += piece
})
process.stdin.on('end', () => {
  process.stdout.write(JSON.stringify(answer(JSON.parse(input) as SqlProcessInput)))
})

function answer({ database, query, maxRows }: SqlProcessInput): SqlProcessOutput {
  let db: DatabaseSync
  try {
    db = openDatabase(database)
    // Reads the file's head, so that a file which is no database is told from a query that fails.
    db.prepare('SELECT count(*) FROM sqlite_master').get()
  } catch (error) {
    return { status: 'no_database', message: messageOf(error) }
  }
  try {
    allowReadingOnly(db)
    const statement = db.prepare(query)
    statement.setReadBigInts(true)
    statement.setReturnArrays(true)
    const rows: SqlCell[][] = []
    for (const row of statement.iterate() as unknown as Iterable<unknown[]>) {
      if (rows.length >= maxRows) return { status: 'failed', message: `more than ${maxRows} rows` }
      rows.push(row.map(toCell))
    }
    return { status: 'done', rows }
  } catch (error) {
    return { status: 'failed', message: messageOf(error) }
  }
}

/** A SQLite file, or a script (.sql) that makes one in memory: probes keep theirs as text, which people can read and compare. */
function openDatabase(file: string): DatabaseSync {
  if (!file.endsWith('.sql')) return new DatabaseSync(file, { readOnly: true, allowExtension: false })
  const db = new DatabaseSync(':memory:', { allowExtension: false })
  db.exec(readFileSync(file, 'utf8'))
  db.exec('PRAGMA query_only = ON')
  return db
}

/** The second wall behind the check of the query's first word; where Node has no authorizer (before 24.10) that check stands alone. */
function allowReadingOnly(db: DatabaseSync): void {
  if (typeof db.setAuthorizer !== 'function') return
  const allowed = new Set([
    constants.SQLITE_SELECT,
    constants.SQLITE_READ,
    constants.SQLITE_FUNCTION,
    constants.SQLITE_RECURSIVE,
  ])
  db.setAuthorizer((action) => (allowed.has(action) ? constants.SQLITE_OK : constants.SQLITE_DENY))
}

function toCell(value: unknown): SqlCell {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : { integer: value.toString() }
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { real: String(value) }
  if (value instanceof Uint8Array) return { blob: Buffer.from(value).toString('base64') }
  return value as string | null
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
