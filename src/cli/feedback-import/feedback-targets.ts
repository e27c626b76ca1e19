import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import { acceptFeedback } from '../../gateway/feedback/accept-feedback.ts'
import { GatewayError } from '../../gateway/gateway-error.ts'
import { toConversationFeedbackBody, toFeedbackBody } from '../../gateway/wire/feedback-body.ts'
import { type FeedbackRequest, parseFeedback } from '../../gateway/wire/feedback-request.ts'
import type { Clock } from '../../routing/clock.ts'
import type { DecisionStore } from '../../routing/decision-store.ts'
import type { FeedbackStore } from '../../routing/feedback-store.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import type { Storage } from '../../storage/storage.ts'
import { type FeedbackTarget, type RowOutcome, RowRefused } from './import-feedback.ts'

/** Checks what rows say and goes no further: not whether there are such answers. */
export function checkingTarget(config: PointsmanConfig, clock: Clock): FeedbackTarget {
  return (body) =>
    refusing(async () => {
      readRow(body, config, clock)
      return 'accepted'
    })
}

/** Into the database, as its owner: no key, no cap. A gateway that runs on it learns within seconds. */
export function storeTarget(
  config: PointsmanConfig,
  { decisions, feedback }: Pick<Storage, 'decisions'> & { readonly feedback: Pick<FeedbackStore, 'accept'> },
  pool: Pick<LlmRegistry, 'get'>,
  clock: Clock,
): FeedbackTarget {
  const labels = { accept: () => {} }
  const intake = { decisions, feedback, labels, pool, inTime: <T>(operation: Promise<T>) => operation }
  const owner = { keyId: undefined, visibleTo: undefined, cap: undefined }
  return (body) =>
    refusing(async () => {
      const request = readRow(body, config, clock)
      const receipts = await acceptFeedback(intake, request, owner)
      const { about } = request
      const { status } =
        'decisionId' in about ? toFeedbackBody(receipts) : toConversationFeedbackBody(about.conversationId, receipts)
      return status === 'accepted' ? 'accepted' : 'duplicate'
    })
}

/** In a dry run in the place of the store: answers as it would, whatever was said before, and keeps nothing. */
export function keepingNothing(decisions: Pick<DecisionStore, 'get'>): Pick<FeedbackStore, 'accept'> {
  return {
    async accept({ decisionId }) {
      const stored = await decisions.get(decisionId)
      if (stored === undefined) return { status: 'unknown_decision' }
      return stored.settlement?.answered === undefined ? { status: 'no_answer' } : { status: 'duplicate', sequence: 0 }
    },
  }
}

function readRow(
  body: Readonly<Record<string, unknown>>,
  { feedback }: PointsmanConfig,
  clock: Clock,
): FeedbackRequest {
  return parseFeedback(body, undefined, { metrics: feedback.metrics, nowMs: clock.now(), isOwner: true })
}

/** What the gateway would answer a caller is about his row; what it would call its own fault is not. */
async function refusing(take: () => Promise<RowOutcome>): Promise<RowOutcome> {
  try {
    return await take()
  } catch (fault) {
    throw fault instanceof GatewayError ? new RowRefused(fault.message) : fault
  }
}
