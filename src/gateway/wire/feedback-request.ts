import { z } from 'zod'
import { GatewayError } from '../gateway-error.ts'
import { toInvalidRequest } from './invalid-request.ts'
import { toDecisionId } from './response-id.ts'

const maxKeyChars = 256

export const feedbackBody = z.strictObject({
  response_id: z.string().min(1).max(256).describe('The `id` of the answer; a bare decision id is taken too.'),
  score: z.number().min(0).max(1).optional().describe('What the answer was worth.'),
  thumbs: z.enum(['up', 'down']).optional().describe('Instead of a score.'),
  source: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, - and _, at most 64')
    .default('user')
    .describe('Who says it; one value per answer and source, the latest wins.'),
  idempotency_key: z
    .string()
    .min(1)
    .max(maxKeyChars)
    .optional()
    .describe('A repeat with the same key is answered, not learned.'),
})

/** What was said, before it is known who said it and when. */
export interface FeedbackRequest {
  readonly decisionId: string
  readonly source: string
  readonly kind: 'score' | 'thumbs'
  readonly value: number
  readonly idempotencyKey: string | undefined
}

/**
 * A body of `POST /v1/feedback`: `response_id`, either `score` in [0, 1] or `thumbs` `up` or `down`, and optionally
 * `source` (`user` by default) and `idempotency_key`.
 * @param idempotencyHeader the `Idempotency-Key` header; the body's field wins.
 * @throws {GatewayError} `invalid_request`
 */
export function parseFeedback(body: unknown, idempotencyHeader: string | undefined): FeedbackRequest {
  // Cut short, two keys could become one, and the second judgement be lost as a repeat.
  if (idempotencyHeader !== undefined && idempotencyHeader.length > maxKeyChars) {
    throw new GatewayError('invalid_request', `Idempotency-Key has over ${maxKeyChars} characters`, {
      param: 'idempotency_key',
    })
  }
  const parsed = feedbackBody.safeParse(body)
  if (!parsed.success) throw toInvalidRequest(parsed.error, body)
  const { response_id, score, thumbs, source, idempotency_key } = parsed.data
  const shared = {
    decisionId: toDecisionId(response_id),
    source,
    idempotencyKey: idempotency_key ?? idempotencyHeader,
  }
  if (score !== undefined && thumbs === undefined) return { ...shared, kind: 'score', value: score }
  if (thumbs !== undefined && score === undefined) return { ...shared, kind: 'thumbs', value: thumbs === 'up' ? 1 : 0 }
  throw new GatewayError('invalid_request', "Give either 'score' or 'thumbs'", { param: 'score' })
}
