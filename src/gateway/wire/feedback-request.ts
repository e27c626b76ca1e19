import { z } from 'zod'
import { type DeclaredMetric, readMetric } from '../feedback/declared-metric.ts'
import { type Statement, verdicts } from '../feedback/to-labels.ts'
import { GatewayError } from '../gateway-error.ts'
import { toInvalidRequest } from './invalid-request.ts'
import { toDecisionId } from './response-id.ts'

const maxKeyChars = 256

/** Clocks differ by so much. */
const mostAheadMs = 60_000

const timeForms = 'a time such as 2026-03-01T12:00:00Z, or milliseconds since 1970'
const isoTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** Sources that the gateway speaks as itself; those of its signs have a colon, which no caller's may. */
const ownSources: ReadonlySet<string> = new Set(['judge'])

const answerId = z.string().min(1).max(256)
const unit = z.number().min(0).max(1)

export const feedbackBody = z.strictObject({
  response_id: answerId.optional().describe('The `id` of the answer; a bare decision id is taken too.'),
  id: answerId.optional().describe('The same by another name.'),
  conversation_id: answerId
    .optional()
    .describe(
      'Instead: every answer of a conversation, the latest 32, each as a part of one label. As the session header named it, or as decisions tell it (`c-…`).',
    ),
  score: unit.optional().describe('What the answer was worth.'),
  thumbs: z.enum(['up', 'down']).optional().describe('Instead of a score.'),
  verdict: z
    .enum(verdicts)
    .optional()
    .describe('Instead: whether the LLM was the right one; one stronger than needed speaks for a cheaper one too.'),
  demonstration: z
    .strictObject({
      llm: z.string().min(1).max(256).describe('An LLM of the pool, or of the decision.'),
      score: unit.optional().describe('What its answer was worth; left out: a thumb up.'),
    })
    .optional()
    .describe('Instead: what another LLM made of the same request.'),
  metric: z
    .strictObject({
      name: z.string().min(1).max(64).describe('As declared in `feedback.metrics`.'),
      value: z.union([z.boolean(), z.number()], { error: 'must be true, false or a number' }).describe('As declared.'),
    })
    .optional()
    .describe('Instead: what the owner measures.'),
  source: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, - and _, at most 64')
    .default('user')
    .describe('Who says it; one value per answer and source, the latest wins.'),
  at: z
    .union([z.int().min(0), z.string().max(64)], { error: `must be ${timeForms}` })
    .optional()
    .describe('When it was said, in ISO 8601 or milliseconds since 1970; default: now. Of a key with the admin scope.'),
  idempotency_key: z
    .string()
    .min(1)
    .max(maxKeyChars)
    .optional()
    .describe('A repeat with the same key is answered, not learned.'),
})

/** The kinds, as the fields of a body; one of them is given. */
const kinds = ['score', 'thumbs', 'verdict', 'demonstration', 'metric'] as const

/** What was said, before it is known who said it and when. */
export interface FeedbackRequest {
  readonly about: { readonly decisionId: string } | { readonly conversationId: string }
  readonly source: string
  readonly said: Statement
  readonly idempotencyKey: string | undefined
  /** When it was said; never later than now. */
  readonly atMs: number
}

/** What a statement is read with. */
export interface FeedbackTerms {
  /** Those declared. */
  readonly metrics: ReadonlyMap<string, DeclaredMetric>
  readonly nowMs: number
  /** Whoever sees every decision: may say when something was said, which a key's credit goes by, and speak as the gateway's own judge. */
  readonly isOwner: boolean
}

/**
 * A body of `POST /v1/feedback`: of which answer or conversation, one statement in one of five kinds, and optionally
 * `source` (`user` by default), `at` and `idempotency_key`.
 *
 * @param idempotencyHeader the `Idempotency-Key` header; the body's field wins.
 * @throws {GatewayError} `invalid_request`
 */
export function parseFeedback(
  body: unknown,
  idempotencyHeader: string | undefined,
  { metrics, nowMs, isOwner }: FeedbackTerms,
): FeedbackRequest {
  // Cut short, two keys could become one, and the second judgement be lost as a repeat.
  if (idempotencyHeader !== undefined && idempotencyHeader.length > maxKeyChars) {
    throw invalid('idempotency_key', `Idempotency-Key has over ${maxKeyChars} characters`)
  }
  const parsed = feedbackBody.safeParse(body)
  if (!parsed.success) throw toInvalidRequest(parsed.error, body)
  const { source, at, idempotency_key } = parsed.data
  if (!isOwner && at !== undefined) {
    throw invalid('at', "Only a key with the admin scope may say when something was said: leave 'at' out")
  }
  if (!isOwner && ownSources.has(source)) {
    throw invalid('source', `'${source}' is the gateway's own; a key without the admin scope speaks as another source`)
  }
  const idempotencyKey = idempotency_key ?? idempotencyHeader
  const about = aboutOf(parsed.data)
  const said = statementOf(parsed.data, metrics)
  return { about, source, said, idempotencyKey, atMs: timeOf(at, nowMs) }
}

function timeOf(at: string | number | undefined, nowMs: number): number {
  if (at === undefined) return Math.round(nowMs)
  const atMs = typeof at === 'number' ? at : isoTime.test(at) ? Date.parse(at) : Number.NaN
  if (!(atMs >= 0)) throw invalid('at', `Invalid value for 'at': must be ${timeForms}`)
  if (atMs > nowMs + mostAheadMs) throw invalid('at', "Invalid value for 'at': it is in the future")
  return Math.round(Math.min(atMs, nowMs))
}

type Body = z.output<typeof feedbackBody>

function aboutOf({ response_id, id, conversation_id }: Body): FeedbackRequest['about'] {
  const answer = response_id ?? id
  const given = [response_id, id, conversation_id].filter((one) => one !== undefined)
  if (given.length > 1) {
    throw invalid(
      conversation_id === undefined ? 'id' : 'conversation_id',
      "Give one of 'response_id', 'id' and 'conversation_id'",
    )
  }
  if (answer !== undefined) return { decisionId: toDecisionId(answer) }
  if (conversation_id !== undefined) return { conversationId: conversation_id }
  throw invalid('response_id', "'response_id' is required, or 'conversation_id'")
}

function statementOf(body: Body, metrics: ReadonlyMap<string, DeclaredMetric>): Statement {
  const { score, thumbs, verdict, demonstration, metric } = body
  const given = kinds.filter((kind) => body[kind] !== undefined)
  if (given.length !== 1) {
    const which = given.length === 0 ? '' : `, not both '${given[0]}' and '${given[1]}'`
    throw invalid('score', `Give one of 'score', 'thumbs', 'verdict', 'demonstration' and 'metric'${which}`)
  }
  if (score !== undefined) return { kind: 'score', value: score }
  if (thumbs !== undefined) return { kind: 'thumbs', value: thumbs === 'up' ? 1 : 0 }
  if (verdict !== undefined) return { kind: 'verdict', verdict }
  if (demonstration !== undefined) {
    return { kind: 'demonstration', llm: demonstration.llm, score: demonstration.score }
  }
  return metricStatement(metric!, metrics)
}

function metricStatement(
  { name, value }: NonNullable<Body['metric']>,
  metrics: ReadonlyMap<string, DeclaredMetric>,
): Statement {
  const declared = metrics.get(name)
  if (declared === undefined) {
    const known = [...metrics.keys()].map((one) => `'${one}'`).join(', ')
    const which = known === '' ? 'none is declared (feedback.metrics in the configuration)' : `there are ${known}`
    throw invalid('metric.name', `There is no metric '${name}': ${which}`)
  }
  const { weight, noise } = declared
  return { kind: 'metric', name, reading: readMetric(name, declared, value), weight, noise }
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}
