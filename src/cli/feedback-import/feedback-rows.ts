import { createHash } from 'node:crypto'
import { csvRecords } from '../../outcomes/csv-records.ts'

/** One row of a file of feedback. */
export interface FeedbackRow {
  /** From 1. */
  readonly line: number
  /** A body of `POST /v1/feedback`, still to be checked, with an idempotency key; undefined when the row is none. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** Why there is no body. */
  readonly error: string | undefined
}

export type FeedbackFormat = 'jsonl' | 'csv'

/** Columns of a CSV, and what they are called in a body. */
const kinds = ['score', 'thumbs', 'verdict', 'demonstration', 'metric'] as const
const answerFields = ['response_id', 'id', 'conversation_id', 'source', 'idempotency_key'] as const
const rowFields: ReadonlySet<string> = new Set([...answerFields, 'kind', 'value', 'llm', 'name', 'at'])

/**
 * Rows of JSON Lines or CSV. A JSON row is a body of `POST /v1/feedback`, or has `kind` and `value` as a CSV has them: `score` 0.8, `thumbs` up,
 * `verdict` right, `demonstration` with `llm` (the value, if any, is its score), `metric` with `name`. `at` is a time in ISO 8601 or in milliseconds.
 * A row without an `idempotency_key` gets one from what it says, and when, so that importing a file twice imports it once.
 *
 * @throws {OutcomeDataError} `bad_csv`
 */
export async function* feedbackRows(
  lines: AsyncIterable<string> | Iterable<string>,
  format: FeedbackFormat,
  file: string,
): AsyncGenerator<FeedbackRow> {
  if (format === 'csv') {
    yield* csvRows(lines, file)
    return
  }
  let line = 0
  for await (const text of lines) {
    line++
    if (text.trim() === '') continue
    yield toRow(line, parseJson(text))
  }
}

async function* csvRows(lines: AsyncIterable<string> | Iterable<string>, file: string): AsyncGenerator<FeedbackRow> {
  let columns: readonly string[] | undefined
  for await (const { line, fields } of csvRecords(lines, file)) {
    if (columns === undefined) {
      columns = fields.map((name) => name.trim())
      const unknown = columns.find((name) => !rowFields.has(name))
      if (unknown === undefined) continue
      const known = [...rowFields].join(', ')
      yield failed(line, `there is no column '${unknown.slice(0, 50)}'; the columns are ${known}`)
      return
    }
    if (fields.length !== columns.length) {
      yield failed(line, `it has ${fields.length} fields, the header ${columns.length}`)
      continue
    }
    const given = columns.map((name, i) => [name, fields[i]!] as const).filter(([, value]) => value !== '')
    yield toRow(line, Object.fromEntries(given))
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim())
  } catch {
    return undefined
  }
}

function toRow(line: number, row: unknown): FeedbackRow {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return failed(line, 'it is no JSON object')
  const { kind, value, llm, name, at, ...rest } = row as Record<string, unknown>
  const said = statementOf(kind, value, llm, name)
  if (typeof said === 'string') return failed(line, said)
  const body = { ...rest, ...said, ...(at === undefined ? {} : { at: timeOf(at) }) }
  return { line, body: { idempotency_key: hashOf(body), ...body }, error: undefined }
}

/** Fields of a body; a text says what is wrong. */
function statementOf(
  kind: unknown,
  value: unknown,
  llm: unknown,
  name: unknown,
): Readonly<Record<string, unknown>> | string {
  if (kind === undefined) return value === undefined ? {} : "'kind' is required beside 'value'"
  switch (kind) {
    case 'score':
      return { score: numberOf(value) }
    case 'thumbs':
      return { thumbs: value }
    case 'verdict':
      return { verdict: value }
    case 'demonstration':
      return { demonstration: { llm, ...(value === undefined ? {} : { score: numberOf(value) }) } }
    case 'metric':
      return { metric: { name, value: value === 'true' ? true : value === 'false' ? false : numberOf(value) } }
    default:
      return `'kind' is one of ${kinds.join(', ')}`
  }
}

/** What is no number stays what it is, for the check to name. */
function numberOf(value: unknown): unknown {
  if (typeof value !== 'string' || value.trim() === '') return value
  const number = Number(value)
  return Number.isFinite(number) ? number : value
}

/** Milliseconds as a CSV writes them. */
function timeOf(at: unknown): unknown {
  return typeof at === 'string' && /^\d{12,}$/.test(at) ? Number(at) : at
}

/** The same for the same words in any order. */
function hashOf(body: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(body).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `row-${createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 40)}`
}

function failed(line: number, error: string): FeedbackRow {
  return { line, body: undefined, error }
}
