import type { FeedbackReceipt } from '../../routing/feedback-store.ts'
import { GatewayError } from '../gateway-error.ts'
import { readJsonBody } from '../json-body.ts'
import { parseFeedback } from '../wire/feedback-request.ts'
import { unknownDecision } from './decisions.ts'
import type { Route } from './route-handler.ts'

/** `POST /v1/feedback`: a score or a thumb on an answer, by response id. 2xx only after the commit. */
export const feedbackRoute: Route = {
  name: 'feedback',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  async handle(services, { exchange, caller }) {
    const { parts, metrics, storeHealth, options } = services
    const body = await readJsonBody(exchange.request, options.maxBodyBytes)
    const header = exchange.request.headers['idempotency-key']
    const said = parseFeedback(body, typeof header === 'string' && header !== '' ? header : undefined)
    const feedback = { ...said, receivedAtMs: Math.round(parts.clock.now()), keyId: caller.keyId }
    const receipt = await storeHealth.inTime(parts.feedback.accept(feedback, caller.visibleTo))
    metrics.feedbackEnded(receipt.status)
    if (receipt.status === 'accepted') parts.labels.accept(receipt.label)
    exchange.sendJson(200, {
      object: 'feedback',
      status: receipt.status,
      decision_id: said.decisionId,
      sequence: sequenceOf(receipt),
    })
  },
}

/** @throws {GatewayError} `unknown_decision`, `no_answer_yet` */
function sequenceOf(receipt: FeedbackReceipt): number {
  switch (receipt.status) {
    case 'accepted':
    case 'duplicate':
      return receipt.sequence
    case 'unknown_decision':
      throw unknownDecision()
    case 'no_answer':
      throw new GatewayError('no_answer_yet', 'No LLM has answered this request, so there is nothing to judge')
  }
}
