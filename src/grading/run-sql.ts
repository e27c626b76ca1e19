import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { GradingError } from './grading-error.ts'
import { runProcess } from './run-process.ts'

/** A value as SQLite holds it; numbers that JSON cannot carry are spelled. */
export type SqlCell =
  | null
  | number
  | string
  | { readonly integer: string }
  | { readonly real: string }
  | { readonly blob: string }

export type SqlRows = readonly (readonly SqlCell[])[]

export interface SqlProcessInput {
  readonly database: string
  readonly query: string
  readonly maxRows: number
}

export type SqlProcessOutput =
  | { readonly status: 'done'; readonly rows: SqlCell[][] }
  | { readonly status: 'failed'; readonly message: string }
  | { readonly status: 'no_database'; readonly message: string }

export type SqlOutcome = { readonly rows: SqlRows } | { readonly failure: string }

export interface SqlLimits {
  readonly timeLimitMs: number
  readonly maxRows: number
}

/** Node itself takes about 60 MB. */
const maxMemoryBytes = 512 * 1024 * 1024
const maxOutputBytes = 16 * 1024 * 1024

/**
 * Runs one query on one SQLite file in a process of its own, which can read that file and no other, write nothing, start nothing and load no
 * extension: Node's permission model for what Node does, a connection that only reads, no statement but a query (ATTACH
 * cannot be part of one), and where Node has it SQLite's authorizer, which allows nothing but reading.
 *
 * @param database absolute path.
 * @throws {GradingError} `grader_unavailable` where the database cannot be read; `not_graded` when aborted.
 */
export async function runSql(
  database: string,
  query: string,
  limits: SqlLimits,
  signal: AbortSignal,
): Promise<SqlOutcome> {
  if (!isQuery(query)) return { failure: 'it is no query' }
  const { timeLimitMs, maxRows } = limits
  const input: SqlProcessInput = { database, query, maxRows }
  const program = fileURLToPath(
    new URL(`./sql-process.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
  )
  const permissions = [program, database, `${database}-wal`, `${database}-shm`].map((file) => `--allow-fs-read=${file}`)
  const flags = ['--disable-warning=ExperimentalWarning', '--max-old-space-size=256', permissionFlag(), ...permissions]
  const { end, stdout, stderr } = await runProcess(
    {
      command: [process.execPath, ...flags, program],
      input: JSON.stringify(input),
      folder: tmpdir(),
      environment: {},
      timeLimitMs,
      maxOutputBytes,
      maxMemoryBytes,
    },
    signal,
  )
  if (end === 'too_slow') return { failure: `it took longer than ${timeLimitMs / 1_000} s` }
  if (end === 'too_much_output') return { failure: 'its rows are too long' }
  if (end === 'too_much_memory') return { failure: 'it took too much memory' }
  if (end === 'aborted') throw new GradingError('not_graded', 'Grading was stopped')
  const output = parseOutput(stdout)
  // What the query made did not fit Node's own bound, which ends the process before the watch sees it.
  if (output === undefined && stderr.includes('heap out of memory')) return { failure: 'it took too much memory' }
  if (output === undefined) throw new GradingError('not_graded', 'The process that runs queries failed')
  if (output.status === 'no_database') {
    throw new GradingError('grader_unavailable', `${database} cannot be read: ${output.message}`)
  }
  return output.status === 'done' ? { rows: output.rows } : { failure: output.message }
}

/** Its name before Node 23.5. */
function permissionFlag(): string {
  return process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
}

/** One statement that reads: its first word says so, as SQLite itself skips white space and comments. What follows its end is not run. */
export function isQuery(sql: string): boolean {
  const body = sql.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/u, '')
  return /^(?:select|with|values)\b/iu.test(body)
}

/** Undefined: it died before it wrote. */
function parseOutput(stdout: string): SqlProcessOutput | undefined {
  try {
    return JSON.parse(stdout) as SqlProcessOutput
  } catch {
    return undefined
  }
}
