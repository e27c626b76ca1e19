import path from 'node:path'
import { fencedBlock } from './fenced-block.ts'
import { withoutThinking } from './final-answer.ts'
import type { Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { GradingError } from './grading-error.ts'
import { isQuery, runSql, type SqlLimits, type SqlRows } from './run-sql.ts'
import { isSameRows } from './same-rows.ts'
import { verdict } from './verdict.ts'

/** The reference has more time than the answers, so that a busy machine does not make it fail first. */
const defaultLimits: SqlLimits = { timeLimitMs: 10_000, maxRows: 10_000 }

/**
 * 1 where the answer's query returns the rows of the reference query; 0 otherwise, also where it fails, takes too long, or is none. The
 * reference is run with the first answer and kept.
 *
 * @param folder where a relative path of the database begins.
 */
export function createSqlGrader(
  spec: Extract<GraderSpec, { kind: 'sql' }>,
  folder: string,
  limits: Partial<SqlLimits> = {},
): Grader {
  const database = path.resolve(folder, spec.database)
  const all = { ...defaultLimits, ...limits }
  let reference: Promise<SqlRows> | undefined
  return {
    async grade({ text }, signal) {
      reference ??= referenceRows(database, spec.query, { ...all, timeLimitMs: 3 * all.timeLimitMs }, signal)
      const expected = await reference.catch((error: unknown) => {
        // The next answer tries again: this one may have been stopped.
        reference = undefined
        throw error
      })
      const outcome = await runSql(database, queryOf(withoutThinking(text)), all, signal)
      if ('failure' in outcome) return verdict(false, outcome.failure)
      const same = isSameRows(outcome.rows, expected, spec.ordered)
      return verdict(same, same ? undefined : 'its rows differ')
    },
  }
}

async function referenceRows(
  database: string,
  query: string,
  limits: SqlLimits,
  signal: AbortSignal,
): Promise<SqlRows> {
  const outcome = await runSql(database, query, limits, signal)
  if ('rows' in outcome) return outcome.rows
  throw new GradingError('invalid_grader', `The reference query failed: ${outcome.failure}`)
}

/** The fenced query; else what follows a lead-in ("SQL:", a sentence on lines of its own), to the end. */
function queryOf(text: string): string {
  const fenced = fencedBlock(text, ['sql', 'sqlite', 'sqlite3'])
  const query = (fenced ?? text)
    .trim()
    .replace(/^(?:sql(?:ite)?(?: query)?|query|answer)\s*:\s*/iu, '')
    .replace(/^`([^`]*)`$/su, '$1')
  if (isQuery(query)) return query
  return (
    /^[ \t]*(?:select\b|with\s+(?:recursive\s+)?[\w"]+\s*(?:\([^()]*\)\s*)?as\s*\()[\s\S]*/imu.exec(query)?.[0] ?? query
  )
}
