import { type FeedbackReceipt, maxLabelsPerDecision, maxSourcesPerDecision } from '../../routing/feedback-store.ts'
import { GatewayError } from '../gateway-error.ts'
import type { LabelSink } from '../gateway-parts.ts'
import { readJsonBody } from '../json-body.ts'
import { parseFeedback } from '../wire/feedback-request.ts'
import { unknownDecision } from './decisions.ts'
import type { Route } from './route-handler.ts'

/** Many times what a judgement takes. */
const maxFeedbackBytes = 16 * 1_024

/** `POST /v1/feedback`: a score or a thumb on an answer, by response id. 2xx only after the commit. */
export const feedbackRoute: Route = {
  name: 'feedback',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  async handle(services, { exchange, caller, share }) {
    const { parts, metrics, storeHealth } = services
    const body = await readJsonBody(exchange.request, maxFeedbackBytes, share)
    const header = exchange.request.headers['idempotency-key']
    const said = parseFeedback(body, typeof header === 'string' && header !== '' ? header : undefined)
    const feedback = { ...said, receivedAtMs: Math.round(parts.clock.now()), keyId: caller.keyId }
    const accepting = parts.feedback.accept(feedback, caller.visibleTo)
    // Not behind the wait: what is committed after we gave up on it is still to be learned.
    accepting.then((receipt) => teach(parts.labels, receipt), ignore)
    const receipt = await storeHealth.inTime(accepting)
    metrics.feedbackEnded(receipt.status)
    exchange.sendJson(200, {
      object: 'feedback',
      status: receipt.status,
      decision_id: said.decisionId,
      sequence: sequenceOf(receipt),
    })
  },
}

/** A duplicate may repeat what was committed when its answer got lost, and the label with it. */
function teach(labels: LabelSink, receipt: FeedbackReceipt): void {
  if (receipt.status === 'accepted') labels.accept(receipt.label)
  else if (receipt.status === 'duplicate') labels.nudge?.(receipt.sequence)
}

/** @throws {GatewayError} `unknown_decision`, `no_answer_yet`, `too_many_labels` */
function sequenceOf(receipt: FeedbackReceipt): number {
  switch (receipt.status) {
    case 'accepted':
    case 'duplicate':
      return receipt.sequence
    case 'unknown_decision':
      throw unknownDecision()
    case 'no_answer':
      throw new GatewayError('no_answer_yet', 'No LLM has answered this request, so there is nothing to judge')
    case 'too_many':
      throw new GatewayError(
        'too_many_labels',
        `This answer has all the feedback it may get: from ${maxSourcesPerDecision} sources, ${maxLabelsPerDecision} times in all`,
      )
  }
}

function ignore(): void {}
