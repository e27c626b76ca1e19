import type { FeedbackRow } from './feedback-rows.ts'

/** Rows handed over at a time: they share the store's commits, or the round trips. */
const rowsAtATime = 32

/** Errors that are told one by one. */
const toldErrors = 50

/** Takes one row. @throws {RowRefused} for a row that will not do; anything else is the target's own fault, and ends the import. */
export type FeedbackTarget = (body: Readonly<Record<string, unknown>>) => Promise<RowOutcome>

/** What is wrong with a row, in words for people. */
export class RowRefused extends Error {}

export type RowOutcome = 'accepted' | 'duplicate'

export interface FeedbackImport {
  readonly rows: number
  readonly accepted: number
  readonly duplicates: number
  readonly failed: number
  /** The first of them, in order. */
  readonly errors: readonly { readonly line: number; readonly message: string }[]
  /** The last line before which nothing is open; 0: the first one is. */
  readonly line: number
  /** Why nothing more could be taken: what did not get there is no row here. */
  readonly broken: string | undefined
}

/**
 * Imports rows in order, some at a time; one that is refused does not stop the rest, but a target that fails does. Rows that were imported before are duplicates, so that an import that
 * was stopped goes on when it is run again.
 *
 * @param shouldStop asked between rows.
 */
export async function importFeedback(
  rows: AsyncIterable<FeedbackRow>,
  target: FeedbackTarget,
  options: { readonly onProgress: (now: FeedbackImport) => void; readonly shouldStop: () => boolean },
): Promise<FeedbackImport> {
  const counts = { rows: 0, accepted: 0, duplicates: 0, failed: 0, line: 0 }
  let broken: string | undefined
  const errors: { readonly line: number; readonly message: string }[] = []
  const take = async (batch: readonly FeedbackRow[]): Promise<void> => {
    const ended = await outcomesOf(batch, target)
    for (const [i, { line }] of batch.entries()) {
      const outcome = ended[i]!
      if (typeof outcome === 'object' && outcome.isBroken) {
        broken ??= outcome.error
        continue
      }
      counts.rows++
      if (broken === undefined) counts.line = line
      if (outcome === 'accepted') counts.accepted++
      else if (outcome === 'duplicate') counts.duplicates++
      else {
        counts.failed++
        if (errors.length < toldErrors) errors.push({ line, message: outcome.error })
      }
    }
    options.onProgress({ ...counts, errors, broken })
  }
  let batch: FeedbackRow[] = []
  for await (const row of rows) {
    if (options.shouldStop()) break
    batch.push(row)
    if (batch.length < rowsAtATime) continue
    await take(batch)
    batch = []
    if (broken !== undefined) break
  }
  if (batch.length > 0) await take(batch)
  return { ...counts, errors, broken }
}

/** Rows on one answer or conversation in their order, as the last word counts; the others side by side. */
function outcomesOf(batch: readonly FeedbackRow[], target: FeedbackTarget) {
  const last = new Map<unknown, Promise<unknown>>()
  return Promise.all(
    batch.map((row) => {
      const about = row.body?.['response_id'] ?? row.body?.['id'] ?? row.body?.['conversation_id']
      const turn = Promise.resolve(last.get(about)).then(() => outcomeOf(row, target))
      last.set(about, turn)
      return turn
    }),
  )
}

async function outcomeOf(
  { body, error }: FeedbackRow,
  target: FeedbackTarget,
): Promise<RowOutcome | { readonly error: string; readonly isBroken: boolean }> {
  if (body === undefined) return { error: error ?? 'it cannot be read', isBroken: false }
  try {
    return await target(body)
  } catch (fault) {
    return { error: fault instanceof Error ? fault.message : String(fault), isBroken: !(fault instanceof RowRefused) }
  }
}
