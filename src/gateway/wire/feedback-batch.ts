import type { ErrorBody } from '../error-response.ts'
import type { EntryResult } from '../feedback/take-feedback-batch.ts'
import { GatewayError } from '../gateway-error.ts'
import type { toConversationFeedbackBody, toFeedbackBody } from './feedback-body.ts'

/** Entries of one `POST /v1/feedback`. */
export const maxBatchEntries = 1_000

/** How the entry alone would have been answered. */
export type FeedbackAnswer = ReturnType<typeof toFeedbackBody> | ReturnType<typeof toConversationFeedbackBody>

/** As in the body of the error that it alone would have been answered with. */
export type EntryFault = ErrorBody['error']

/**
 * The entries of `{"entries": […]}`, still to be checked one by one; undefined where the body is a single statement.
 *
 * @throws {GatewayError} `invalid_request` when it has none, too many, or other fields beside them.
 */
export function feedbackEntries(body: unknown): readonly unknown[] | undefined {
  if (typeof body !== 'object' || body === null || !('entries' in body)) return undefined
  const { entries, ...rest } = body
  const wrong = (message: string) => new GatewayError('invalid_request', message, { param: 'entries' })
  const [other] = Object.keys(rest)
  if (other !== undefined) throw wrong(`'entries' stands alone: put '${other.slice(0, 100)}' into the entries`)
  if (!Array.isArray(entries) || entries.length === 0) {
    throw wrong("Invalid value for 'entries': must be a list of feedback, as it is posted alone")
  }
  if (entries.length > maxBatchEntries) {
    throw wrong(`Invalid value for 'entries': has ${entries.length}, more than the ${maxBatchEntries} of one request`)
  }
  return entries
}

/** The idempotency key of an entry that has none of its own. */
export function entryIdempotencyKey(header: string | undefined, index: number): string | undefined {
  return header === undefined ? undefined : `${header}:${index}`
}

/** The answer to a batch: what became of each entry, as it would have been told alone, and how many of each. */
export function toFeedbackBatchBody(results: readonly EntryResult<FeedbackAnswer, EntryFault>[]) {
  const entries = results.map((result, index) =>
    'fault' in result ? { index, status: 'failed' as const, error: result.fault } : { index, ...result.answer },
  )
  const count = (status: (typeof entries)[number]['status']) =>
    entries.filter((entry) => entry.status === status).length
  return {
    object: 'feedback.batch' as const,
    accepted: count('accepted'),
    duplicates: count('duplicate'),
    failed: count('failed'),
    entries,
  }
}
