import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import { acceptFeedback } from '../../gateway/feedback/accept-feedback.ts'
import { toConversationFeedbackBody, toFeedbackBody } from '../../gateway/wire/feedback-body.ts'
import { parseFeedback } from '../../gateway/wire/feedback-request.ts'
import type { Clock } from '../../routing/clock.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import type { Storage } from '../../storage/storage.ts'
import type { FeedbackTarget } from './import-feedback.ts'

/** Checks rows and goes no further. */
export function checkingTarget({ feedback }: PointsmanConfig): FeedbackTarget {
  return async (body) => {
    parseFeedback(body, undefined, feedback.metrics)
    return 'accepted'
  }
}

/** Into the database, as its owner: no key, no cap. A gateway that runs on it learns within seconds. */
export function storeTarget(
  { feedback }: PointsmanConfig,
  storage: Pick<Storage, 'decisions' | 'feedback'>,
  pool: Pick<LlmRegistry, 'get'>,
  clock: Clock,
): FeedbackTarget {
  const labels = { accept: () => {} }
  const intake = { ...pick(storage), labels, pool, inTime: <T>(operation: Promise<T>) => operation }
  return async (body, atMs) => {
    const request = parseFeedback(body, undefined, feedback.metrics)
    const at = Math.round(atMs ?? clock.now())
    const speaker = { keyId: undefined, visibleTo: undefined, cap: undefined, atMs: at }
    const receipts = await acceptFeedback(intake, request, speaker)
    const { about } = request
    const { status } =
      'decisionId' in about ? toFeedbackBody(receipts) : toConversationFeedbackBody(about.conversationId, receipts)
    return status === 'accepted' ? 'accepted' : 'duplicate'
  }
}

function pick({ decisions, feedback }: Pick<Storage, 'decisions' | 'feedback'>) {
  return { decisions, feedback }
}

/** Through a running gateway, as the key's own. When something was said is when it arrives. */
export function httpTarget(url: string, key: string | undefined): FeedbackTarget {
  const address = `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/feedback`
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  }
  return async (body) => {
    const response = await fetch(address, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    }).catch((cause: unknown) => {
      throw new Error(`${address} cannot be reached`, { cause })
    })
    const told = (await response.json().catch(() => ({}))) as {
      readonly status?: string
      readonly error?: { readonly message?: string }
    }
    if (!response.ok) throw new Error(told.error?.message ?? `the gateway answered ${response.status}`)
    return told.status === 'duplicate' ? 'duplicate' : 'accepted'
  }
}
