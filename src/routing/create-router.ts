import type { Clock } from './clock.ts'
import { defaultPreference, type RoutingPreference } from './decision/routing-preference.ts'
import type { RoutingDecision } from './decision.ts'
import type { Embedder } from './embedding/embedder.ts'
import { HashedNgramEmbedder } from './embedding/hashed-ngram-embedder.ts'
import { RoutingError } from './errors.ts'
import { SeededRandom } from './numeric/random-source.ts'
import type { SnapshotData } from './policy-store.ts'
import { CompletionTimeModel } from './prediction/completion-time-model.ts'
import type { FittedPolicy } from './prediction/fitted-policy.ts'
import { type Llm, type LlmId, unknownLlmProperties } from './registry/llm.ts'
import { LlmRegistry } from './registry/llm-registry.ts'
import { plainRequest, type RoutingRequest } from './request.ts'
import { Router, type RouterOptions } from './router.ts'
import { type LearningOptions, RoutingPolicy } from './routing-policy.ts'
import type { StarterModel } from './starter/starter-model.ts'
import { starterPolicy } from './starter/starter-policy.ts'

export interface CreateRouterOptions {
  /** The pool; all but the id may be left out. */
  readonly llms: readonly (Partial<Llm> & { readonly id: LlmId })[]
  /** Of the draws. The same seed and the same events give the same decisions. */
  readonly seed: number
  /** A fitted version with the embedder it was fitted with; left out, the router starts cold. */
  readonly fitted?: { readonly policy: FittedPolicy; readonly embedder: Embedder }
  /**
   * What to believe before anything is fitted; ignored beside `fitted`. `loadStarter()` of `pointsman/training` reads the
   * one that ships. Left out, qualities are guessed from prices.
   */
  readonly starter?: StarterModel
  /** Dates the decisions; left out, all are dated 0. */
  readonly clock?: Clock
  /** Ids of the decisions; left out, they count from 1 and are unique within this router only. */
  readonly newId?: () => string
  readonly router?: Partial<RouterOptions>
  readonly learning?: Partial<LearningOptions>
}

/** A request as library users write it: the prompt, and whatever else matters. */
export type RouteInput =
  | string
  | (Partial<Omit<RoutingRequest, 'preference'>> & {
      readonly userText: string
      readonly preference?: Partial<RoutingPreference>
    })

/** What a call showed. Everything is optional: what is not known is not learned. */
export interface RecordedOutcome {
  /** The LLM that answered; default: the drawn one. */
  readonly llm?: LlmId
  readonly costUsd?: number
  readonly outputTokens?: number
  readonly timeToFirstTokenMs?: number
  readonly completionMs?: number
}

/** A router that keeps its own counts, for use without the gateway. */
export class LearningRouter {
  readonly router: Router
  #sequence = 0

  constructor(router: Router) {
    this.router = router
    this.#sequence = router.policy.labelSequence
  }

  /** @throws {RoutingError} `no_admissible_llm`, `unknown_llm`, `invalid_preference`, `not_finite` */
  async route(input: RouteInput): Promise<RoutingDecision> {
    return this.router.route(toRequest(input), { keyId: undefined, budgetUsd: undefined })
  }

  /**
   * Teaches cost and latency.
   *
   * @throws {RoutingError} `not_finite` for a figure that is negative or no number.
   */
  recordOutcome(decision: RoutingDecision, outcome: RecordedOutcome): void {
    const llm = outcome.llm ?? decision.drawn
    const { costUsd, outputTokens, timeToFirstTokenMs, completionMs } = outcome
    for (const [name, value] of Object.entries({ costUsd, outputTokens, timeToFirstTokenMs, completionMs })) {
      if (value !== undefined) requireNotNegative(name, value)
    }
    this.router.learnCost(decision, llm, costUsd, outputTokens)
    if (completionMs === undefined) return
    const inFlightAtStart = this.router.callStarted(llm)
    this.router.callEnded(llm, { timeToFirstTokenMs, completionMs, outputTokens, inFlightAtStart })
  }

  /**
   * Teaches quality: a score in [0, 1], or a thumb up or down.
   *
   * @throws {RoutingError} `not_finite` when the score is not in [0, 1].
   */
  recordFeedback(
    decision: RoutingDecision,
    feedback: { readonly score: number } | { readonly thumbsUp: boolean },
    llm: LlmId = decision.drawn,
  ): void {
    const refined = 'score' in feedback
    const value = refined ? feedback.score : Number(feedback.thumbsUp)
    if (!(value >= 0 && value <= 1)) throw new RoutingError('not_finite', `A score must be in [0, 1], got ${value}`)
    this.router.learn({
      sequence: ++this.#sequence,
      decisionId: decision.id,
      llm,
      context: decision.context,
      offlineQuality: decision.candidates.find((candidate) => candidate.llm === llm)?.offlineQuality,
      source: 'library',
      kind: refined ? 'score' : 'thumbs',
      value,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
  }

  /** What was learned of quality, as plain data; costs, times and the draws' state are not in it. See {@link restore}. */
  snapshot(): SnapshotData {
    return this.router.policy.learnedState()
  }

  /** Believes of quality, bit for bit, what the router believed whose snapshot of the same fitted version this is. */
  restore(snapshot: SnapshotData): void {
    this.router.policy.restoreLearnedState(snapshot)
    this.#sequence = this.router.policy.labelSequence
  }
}

/** A router with the built-in parts. For other parts, construct {@link Router} itself. */
export function createRouter(options: CreateRouterOptions): LearningRouter {
  const llms = options.llms.map((llm) => ({ ...unknownLlmProperties, provider: '', upstreamModel: llm.id, ...llm }))
  const { policy: fitted, embedder } = options.fitted ?? beginning(options.starter, llms)
  let ids = 0
  const countedId = () => `decision-${String(++ids).padStart(9, '0')}`
  const router = new Router(
    {
      pool: new LlmRegistry(llms),
      policy: new RoutingPolicy({
        embedder,
        fitted,
        pool: llms,
        ...(options.learning && { options: options.learning }),
      }),
      times: new CompletionTimeModel(),
      random: new SeededRandom(options.seed),
      clock: options.clock ?? { now: () => 0 },
      newId: options.newId ?? countedId,
    },
    options.router,
  )
  return new LearningRouter(router)
}

/** Where the starter does not serve the router is that without one, to the last bit. */
function beginning(
  starter: StarterModel | undefined,
  llms: readonly Llm[],
): { readonly policy: FittedPolicy | undefined; readonly embedder: Embedder } {
  const start = starter === undefined ? undefined : starterPolicy(starter, llms)
  return start ?? { policy: undefined, embedder: new HashedNgramEmbedder() }
}

/** @throws {RoutingError} `not_finite`, `invalid_preference` */
function toRequest(input: RouteInput): RoutingRequest {
  const given = typeof input === 'string' ? { userText: input } : input
  const preference = { ...defaultPreference, ...given.preference }
  const request = plainRequest(given.userText, { ...given, preference })
  requireNotNegative('inputTokens', request.inputTokens)
  if (request.maxOutputTokens !== undefined) requireNotNegative('maxOutputTokens', request.maxOutputTokens)
  if (!(request.choices >= 1))
    throw new RoutingError('not_finite', `choices must be a number ≥ 1, got ${request.choices}`)
  requireNotNegative('choices', request.choices)
  const { lambda, maxCostUsd, maxLatencyMs, minQuality } = request.preference
  for (const [param, value] of Object.entries({ lambda, maxCostUsd, maxLatencyMs, minQuality })) {
    if (value === undefined || (value >= 0 && Number.isFinite(value))) continue
    throw new RoutingError('invalid_preference', `${param} must be a number ≥ 0, got ${value}`, { param })
  }
  return request
}

function requireNotNegative(name: string, value: number): void {
  if (value >= 0 && Number.isFinite(value)) return
  throw new RoutingError('not_finite', `${name} must be a number ≥ 0, got ${value}`)
}
