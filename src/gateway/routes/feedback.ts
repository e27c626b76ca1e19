import { acceptFeedback } from '../feedback/accept-feedback.ts'
import { influenceCapOf } from '../feedback/influence-cap.ts'
import { GatewayError } from '../gateway-error.ts'
import { readJsonBody } from '../json-body.ts'
import { toConversationFeedbackBody, toFeedbackBody, toLabelSequence, toLabelStateBody } from '../wire/feedback-body.ts'
import { parseFeedback } from '../wire/feedback-request.ts'
import type { Route } from './route-handler.ts'

/** Many times what a judgement takes. */
const maxFeedbackBytes = 16 * 1_024

/** `POST /v1/feedback`: what an answer, or a conversation, was worth. 2xx only after the commit. */
export const feedbackRoute: Route = {
  name: 'feedback',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  async handle(services, { exchange, caller, share }) {
    const { parts, metrics, storeHealth, options } = services
    const body = await readJsonBody(exchange.request, maxFeedbackBytes, share)
    const header = exchange.request.headers['idempotency-key']
    const key = typeof header === 'string' && header !== '' ? header : undefined
    const { keyId, visibleTo } = caller
    const { metrics: declared } = options.feedback
    const terms = { metrics: declared, nowMs: parts.clock.now(), isOwner: visibleTo === undefined }
    const request = parseFeedback(body, key, terms)
    const cap = influenceCapOf(keyId, parts.keys, options.feedback.influence)
    const speaker = { keyId, visibleTo, cap }
    const inTime = <T>(operation: Promise<T>) => storeHealth.inTime(operation)
    const receipts = await acceptFeedback({ ...parts, pool: parts.router.pool, inTime }, request, speaker)
    for (const { receipt } of receipts) metrics.feedbackEnded(receipt.status)
    const { about } = request
    const answer =
      'decisionId' in about ? toFeedbackBody(receipts) : toConversationFeedbackBody(about.conversationId, receipts)
    exchange.sendJson(200, answer)
  },
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
