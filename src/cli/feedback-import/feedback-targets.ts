import { setTimeout as wait } from 'node:timers/promises'
import type { PointsmanConfig } from '../../config/pointsman-config.ts'
import { acceptFeedback } from '../../gateway/feedback/accept-feedback.ts'
import { GatewayError } from '../../gateway/gateway-error.ts'
import { toConversationFeedbackBody, toFeedbackBody } from '../../gateway/wire/feedback-body.ts'
import { type FeedbackRequest, parseFeedback } from '../../gateway/wire/feedback-request.ts'
import type { Clock } from '../../routing/clock.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import type { Storage } from '../../storage/storage.ts'
import { type FeedbackTarget, type RowOutcome, RowRefused } from './import-feedback.ts'

/** What a row is at fault for; all else is the gateway's, or the key's, and the next row would fare no better. */
const rowFaults: ReadonlySet<number> = new Set([400, 404, 409, 413, 422])

/** What passes by itself: limits on a key's pace, and a gateway that is full. */
const busy: ReadonlySet<number> = new Set([429, 503])
const mostTries = 6
const longestWaitMs = 30_000

/** Checks rows and goes no further. */
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
  { decisions, feedback }: Pick<Storage, 'decisions' | 'feedback'>,
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

/** Through a running gateway, as the key's own. */
export function httpTarget(url: string, key: string | undefined): FeedbackTarget {
  const address = `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/feedback`
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  }
  const post = (body: unknown): Promise<Response> =>
    fetch(address, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    }).catch((cause: unknown) => {
      throw new Error(`${address} cannot be reached`, { cause })
    })
  return async (body) => {
    for (let tries = 1; ; tries++) {
      const response = await post(body)
      const told = (await response.json().catch(() => ({}))) as {
        readonly status?: string
        readonly error?: { readonly message?: string }
      }
      if (response.ok) return told.status === 'duplicate' ? 'duplicate' : 'accepted'
      const message = told.error?.message ?? `the gateway answered ${response.status}`
      if (rowFaults.has(response.status)) throw new RowRefused(message)
      if (!busy.has(response.status) || tries === mostTries) throw new Error(message)
      await wait(pauseMs(response.headers.get('retry-after'), tries))
    }
  }
}

/** As long as the gateway asks for, else longer each time. */
function pauseMs(retryAfter: string | null, tries: number): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1_000
  return Math.min(longestWaitMs, asked > 0 ? asked : 250 * 2 ** tries)
}
