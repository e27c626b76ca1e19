import type { Caller } from '../authenticate.ts'
import { toErrorResponse } from '../error-response.ts'
import { acceptFeedback } from '../feedback/accept-feedback.ts'
import { influenceCapOf } from '../feedback/influence-cap.ts'
import { takeFeedbackBatch } from '../feedback/take-feedback-batch.ts'
import { GatewayError } from '../gateway-error.ts'
import type { GatewayServices } from '../gateway-services.ts'
import { readJsonBody } from '../json-body.ts'
import {
  type EntryFault,
  entryIdempotencyKey,
  type FeedbackAnswer,
  feedbackEntries,
  maxBatchEntries,
  toFeedbackBatchBody,
} from '../wire/feedback-batch.ts'
import { toConversationFeedbackBody, toFeedbackBody, toLabelSequence, toLabelStateBody } from '../wire/feedback-body.ts'
import { type FeedbackRequest, parseFeedback } from '../wire/feedback-request.ts'
import type { Route } from './route-handler.ts'

/** A kilobyte for each entry of the largest batch: several times what a judgement takes. */
const maxFeedbackBytes = 1_024 * maxBatchEntries

/**
 * `POST /v1/feedback`: what an answer, or a conversation, was worth, or many of these. 2xx only after the commit; of a batch once every entry that will do is
 * committed.
 */
export const feedbackRoute: Route = {
  name: 'feedback',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  async handle(services, { exchange, caller, share }) {
    const body = await readJsonBody(exchange.request, maxFeedbackBytes, share)
    const header = exchange.request.headers['idempotency-key']
    const key = typeof header === 'string' && header !== '' ? header : undefined
    const entries = feedbackEntries(body)
    if (entries === undefined) {
      exchange.sendJson(200, await give(services, caller, read(services, caller, body, key)))
      return
    }
    const results = await takeFeedbackBatch<FeedbackAnswer, EntryFault>(entries, {
      read: (entry, index) => read(services, caller, entry, entryIdempotencyKey(key, index)),
      give: (request) => give(services, caller, request),
      faultOf(error) {
        const { status, body: told } = toErrorResponse(error, exchange.id)
        return status < 500 && status !== 429 ? told.error : undefined
      },
    })
    exchange.sendJson(200, toFeedbackBatchBody(results))
  },
}

function read({ parts, options }: GatewayServices, caller: Caller, body: unknown, key: string | undefined) {
  const terms = { metrics: options.feedback.metrics, nowMs: parts.clock.now(), isOwner: caller.visibleTo === undefined }
  return parseFeedback(body, key, terms)
}

async function give(
  { parts, metrics, storeHealth, options }: GatewayServices,
  { keyId, visibleTo }: Caller,
  request: FeedbackRequest,
): Promise<FeedbackAnswer> {
  const speaker = { keyId, visibleTo, cap: influenceCapOf(keyId, parts.keys, options.feedback.influence) }
  const inTime = <T>(operation: Promise<T>) => storeHealth.inTime(operation)
  const receipts = await acceptFeedback({ ...parts, pool: parts.router.pool, inTime }, request, speaker)
  for (const { receipt, asked } of receipts) metrics.feedbackEnded(receipt, asked)
  const { about } = request
  return 'decisionId' in about ? toFeedbackBody(receipts) : toConversationFeedbackBody(about.conversationId, receipts)
}

/** `GET /v1/feedback/<id>`: a label, and which policy has learned it. */
export const feedbackLabelRoute: Route = {
  name: 'feedback_label',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  async handle({ parts, storeHealth }, { exchange, caller, rest }) {
    const sequence = toLabelSequence(rest)
    const label =
      sequence === undefined ? undefined : await storeHealth.inTime(parts.feedback.label(sequence, caller.visibleTo))
    if (label === undefined) {
      throw new GatewayError('unknown_feedback', 'There is no such feedback on the decisions of this key')
    }
    const versions = parts.learning === undefined ? [] : await storeHealth.inTime(parts.learning.versions())
    exchange.sendJson(200, toLabelStateBody(label, parts.learning?.serving(), versions))
  },
}
