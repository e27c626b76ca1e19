import { hash } from 'node:crypto'
import type { JsonObject } from '../../providers/chat-provider.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import type { Feedback, Settlement } from '../../routing/outcome.ts'

/** A retry later than this is a new question. */
const retryWithinMs = 600_000

/** Some 3 MB: the answers whose retry would be noticed. */
const rememberedAnswers = 10_000

/** What a retry or an abort counts for, in labels: each is often no judgement at all (mathematics §27). */
const retryWeight = 0.2
const abortWeight = 0.1

/** A request as far as signs are read from it. */
export interface AskedRequest {
  readonly receivedAtMs: number
  /** In the neutral form. */
  readonly request: JsonObject
}

/** Whoever follows what becomes of answers. */
export interface SignReader {
  /** Takes one request whose settlement was handed to the store. Never throws, never waits. */
  settled(decision: RoutingDecision, settlement: Settlement, asked: AskedRequest): void
}

/** A sign, as it is to be stored. */
export type ImplicitLabel = Pick<Feedback, 'decisionId' | 'source' | 'kind' | 'value' | 'weight' | 'keyId'>

export interface ImplicitSignalOptions {
  readonly retry: boolean
  readonly abort: boolean
  /** An answer that took so long was ended by us. */
  readonly maxAnswerMs: number
}

interface AnsweredRequest {
  readonly decisionId: string
  readonly atMs: number
}

/**
 * Reads signs of discontent from what callers do. A **retry**: the same key sends the same last user message at the same place of the same
 * conversation, with the same `n` and `seed`, within ten minutes of a whole answer to it. An **abort**: the caller left a stream after its first
 * content. Of messages only hashes are kept, in memory, of the latest answers; a request with `store: false` leaves none.
 */
export class ImplicitSignals {
  readonly #options: ImplicitSignalOptions
  /** By hash, the oldest first. */
  readonly #answered = new Map<string, AnsweredRequest>()

  constructor(options: ImplicitSignalOptions) {
    this.#options = options
  }

  /** How many answers are remembered. */
  get size(): number {
    return this.#answered.size
  }

  /** Takes one request that has ended; returns what it is a sign of. */
  ended(decision: RoutingDecision, settlement: Settlement, asked: AskedRequest): ImplicitLabel[] {
    const labels: ImplicitLabel[] = []
    const { keyId } = decision
    const sign = (decisionId: string, source: string, weight: number) =>
      labels.push({ decisionId, source, kind: 'thumbs', value: 0, weight, keyId })
    if (this.#options.abort && this.#isLeft(settlement, asked)) sign(decision.id, 'implicit:abort', abortWeight)
    if (!this.#options.retry || asked.request.store === false) return labels
    const id = requestHash(decision, asked.request)
    if (id === undefined) return labels
    const earlier = this.#answered.get(id)
    if (earlier !== undefined && isSoonAfter(earlier, asked)) sign(earlier.decisionId, 'implicit:retry', retryWeight)
    if (settlement.status === 'completed') this.#remember(id, decision.id, settlement.settledAtMs)
    return labels
  }

  #isLeft({ status, answered, settledAtMs }: Settlement, { receivedAtMs }: AskedRequest): boolean {
    return status === 'aborted' && answered !== undefined && settledAtMs - receivedAtMs < this.#options.maxAnswerMs
  }

  #remember(id: string, decisionId: string, atMs: number): void {
    this.#answered.delete(id)
    this.#answered.set(id, { decisionId, atMs })
    if (this.#answered.size > rememberedAnswers) this.#answered.delete(this.#answered.keys().next().value!)
  }
}

/** Sent at the same time, two requests are no retry of one another. */
function isSoonAfter({ atMs }: AnsweredRequest, { receivedAtMs }: AskedRequest): boolean {
  return receivedAtMs >= atMs && receivedAtMs - atMs <= retryWithinMs
}

/** Undefined where there is no user's turn at the end: what follows a tool's result is no question of a person. */
function requestHash({ keyId, conversationId }: RoutingDecision, request: JsonObject): string | undefined {
  const messages = request.messages
  if (!Array.isArray(messages)) return undefined
  const last: unknown = messages.at(-1)
  if (typeof last !== 'object' || last === null || !('role' in last) || last.role !== 'user') return undefined
  const text = JSON.stringify('content' in last ? last.content : null)
  const place = [keyId, conversationId, messages.length, request.n ?? 1, request.seed ?? null]
  // Whole: templates differ at the end, often by no more than a number of the same length.
  return hash('sha256', `${JSON.stringify(place)}\n${text}`, 'base64')
}
