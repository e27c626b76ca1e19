import type { RoutingDecision } from '../decision.ts'
import { buildContext } from '../embedding/context-builder.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import { RoutingError } from '../errors.ts'
import type { CompletionTimeModel } from '../prediction/completion-time-model.ts'
import type { Llm } from '../registry/llm.ts'
import type { RoutingRequest } from '../request.ts'
import type { RoutingPolicy } from '../routing-policy.ts'
import { type AppraisalOptions, CandidateAppraiser } from './candidate-appraiser.ts'
import { placeOf } from './place-of.ts'
import type { TradeOff } from './utility.ts'

/** A version that is tried beside the one that serves. */
export interface TrialTerms {
  readonly policy: RoutingPolicy
  /** `shadow`: asked about every request, never followed. `canary`: followed by a part of the conversations. */
  readonly phase: 'shadow' | 'canary'
  /** The part of the conversations that a canary serves, in (0, 1); a shadow serves none. */
  readonly share: number
  /** What draws the arm of a conversation; secret, and new for each version tried, so that no conversation is always the one tried on. */
  readonly salt: string
}

/** What a trial came to, as far as this process saw. */
export interface TrialTally {
  /** Decisions that the version on trial was asked about. */
  readonly asked: number
  /** Of those, it could not answer: the serving version decided alone. */
  readonly failed: number
  readonly lastFault: unknown
  /** Time spent asking, its own embedding aside, by the router's clock. */
  readonly totalMs: number
}

/** The trial of one version in one router. A fault of the version on trial never fails a request. */
export class VersionTrial {
  readonly terms: TrialTerms
  readonly #appraiser: CandidateAppraiser
  #asked = 0
  #failed = 0
  #lastFault: unknown
  #totalMs = 0

  /** @throws {RoutingError} `invalid_option` */
  constructor(terms: TrialTerms, times: CompletionTimeModel, options: AppraisalOptions) {
    if (terms.phase === 'canary' && !(terms.share > 0 && terms.share < 1)) {
      throw new RoutingError('invalid_option', `A canary's share must be in (0, 1), got ${terms.share}`)
    }
    this.terms = terms
    this.#appraiser = new CandidateAppraiser(times, options)
  }

  get appraiser(): CandidateAppraiser {
    return this.#appraiser
  }

  get tally(): TrialTally {
    return { asked: this.#asked, failed: this.#failed, lastFault: this.#lastFault, totalMs: this.#totalMs }
  }

  /** What the version on trial sees of the request; undefined: it cannot be embedded for it. @param served what the serving version sees. */
  context(request: RoutingRequest, served: RoutingContext): RoutingContext | Promise<RoutingContext | undefined> {
    const { embedder } = this.terms.policy
    if (embedder.id === served.embedderId) return served
    return this.#ownContext(request)
  }

  /** Probabilities of the version on trial over the same candidates, in {@link appraiser}'s buffers; undefined: it failed. */
  ask(
    request: RoutingRequest,
    context: RoutingContext | undefined,
    candidates: readonly Llm[],
    weights: TradeOff,
    now: () => number,
  ): RoutingDecision['rule'] | undefined {
    this.#asked++
    if (context === undefined) return undefined
    const begun = now()
    try {
      this.#appraiser.estimate(request, this.terms.policy, context, candidates, weights)
      return this.#appraiser.choose(request, this.terms.policy, candidates, weights)
    } catch (fault) {
      this.#fail(fault)
      return undefined
    } finally {
      this.#totalMs += now() - begun
    }
  }

  /** Whether this conversation, or this decision where it is in none, is served by the version on trial. */
  serves(decisionId: string, conversationId: string | undefined): boolean {
    const { phase, share, salt } = this.terms
    return phase === 'canary' && placeOf(salt, conversationId ?? decisionId) < share
  }

  async #ownContext(request: RoutingRequest): Promise<RoutingContext | undefined> {
    try {
      return await buildContext(this.terms.policy.embedder, request)
    } catch (fault) {
      this.#fail(fault)
      return undefined
    }
  }

  #fail(fault: unknown): void {
    this.#failed++
    this.#lastFault = fault
  }
}
