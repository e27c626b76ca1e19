import type { FeedbackRow } from './feedback-rows.ts'

/** Rows handed over at a time: they share the store's commits, or the round trips. */
const rowsAtATime = 32

/** Errors that are told one by one. */
const toldErrors = 50

/** Takes one row; rejects with what is wrong with it, in words for people. */
export type FeedbackTarget = (body: Readonly<Record<string, unknown>>, atMs: number | undefined) => Promise<RowOutcome>

export type RowOutcome = 'accepted' | 'duplicate'

export interface FeedbackImport {
  readonly rows: number
  readonly accepted: number
  readonly duplicates: number
  readonly failed: number
  /** The first of them, in order. */
  readonly errors: readonly { readonly line: number; readonly message: string }[]
  /** The last line that was looked at. */
  readonly line: number
}

/**
 * Imports rows in order, some at a time; one that is refused does not stop the rest. Rows that were imported before are duplicates, so that an import that
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
  const errors: { readonly line: number; readonly message: string }[] = []
  const take = async (batch: readonly FeedbackRow[]): Promise<void> => {
    const ended = await outcomesOf(batch, target)
    for (const [i, { line }] of batch.entries()) {
      const outcome = ended[i]!
      counts.rows++
      counts.line = line
      if (outcome === 'accepted') counts.accepted++
      else if (outcome === 'duplicate') counts.duplicates++
      else {
        counts.failed++
        if (errors.length < toldErrors) errors.push({ line, message: outcome.error })
      }
    }
    options.onProgress({ ...counts, errors })
  }
  let batch: FeedbackRow[] = []
  for await (const row of rows) {
    if (options.shouldStop()) break
    batch.push(row)
    if (batch.length < rowsAtATime) continue
    await take(batch)
    batch = []
  }
  if (batch.length > 0) await take(batch)
  return { ...counts, errors }
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
  { body, error, atMs }: FeedbackRow,
  target: FeedbackTarget,
): Promise<RowOutcome | { readonly error: string }> {
  if (body === undefined) return { error: error ?? 'it cannot be read' }
  try {
    return await target(body, atMs)
  } catch (fault) {
    return { error: fault instanceof Error ? fault.message : String(fault) }
  }
}
