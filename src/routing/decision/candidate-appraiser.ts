import type { RoutingDecision } from '../decision.ts'
import type { RoutingContext } from '../embedding/routing-context.ts'
import type { CompletionTimeModel } from '../prediction/completion-time-model.ts'
import type { Llm } from '../registry/llm.ts'
import type { RoutingRequest } from '../request.ts'
import type { RoutingPolicy } from '../routing-policy.ts'
import { type CandidateBuffers, newCandidateBuffers } from './candidate-buffers.ts'
import { candidateUtilities, type QualityRuleOptions } from './candidate-utilities.ts'
import { choiceProbabilities, type ExplorationOptions } from './choice.ts'
import { NewcomerTrials } from './newcomer-trials.ts'
import { latencyPenalty, type TradeOff } from './utility.ts'

export interface AppraisalOptions extends QualityRuleOptions {
  readonly exploration: ExplorationOptions
  /** α; MixLLM's .01 would be inert, see docs/decisions/0010. */
  readonly explorationWidth: number
  /** α of a newcomer that has had its trials; see {@link NewcomerTrials}. */
  readonly newcomerWidth: number
  /** β. */
  readonly latencyPenaltyWeight: number
  /** τ where the caller sets no ceiling. MixLLM's 30 s would veto reasoning LLMs that nobody asked to hurry. */
  readonly timeLimitMs: number
}

/** What policy versions make of candidates, in buffers that each call writes anew: estimates, then utilities and choice probabilities. */
export class CandidateAppraiser {
  readonly #times: CompletionTimeModel
  readonly #options: AppraisalOptions
  readonly #trials = new NewcomerTrials()
  #buffers = newCandidateBuffers(16)

  constructor(times: CompletionTimeModel, options: AppraisalOptions) {
    this.#times = times
    this.#options = options
  }

  /** In the order of the candidates last estimated. */
  get buffers(): CandidateBuffers {
    return this.#buffers
  }

  /** Room for so many candidates. */
  grow(capacity: number): void {
    if (capacity > this.#buffers.utility.length) this.#buffers = newCandidateBuffers(2 * capacity)
  }

  /** @param weights what the estimates are to be compared by; left out, the guard plays no part. */
  estimate(
    request: RoutingRequest,
    policy: RoutingPolicy,
    context: RoutingContext,
    candidates: readonly Llm[],
    weights: TradeOff | undefined,
  ): void {
    this.grow(candidates.length)
    const buffers = this.#buffers
    policy.estimateQuality(context, candidates, buffers, weights)
    policy.cost.predict(context, request, candidates, buffers)
    // An unknown price is compared as the dearest known one of this request: never cheap by ignorance.
    let dearest = policy.costReferenceUsd
    for (let i = 0; i < candidates.length; i++) if (buffers.costUsd[i]! > dearest) dearest = buffers.costUsd[i]!
    for (let i = 0; i < candidates.length; i++) {
      const expected = buffers.costUsd[i]!
      const costUsd =
        weights === undefined ? expected : policy.comparedCostUsd(candidates[i]!, request.choices, buffers, i, weights)
      buffers.comparableCostUsd[i] = Number.isNaN(costUsd) ? dearest : costUsd
      // Answers asked for together are written side by side.
      const eachTokens = buffers.outputTokens[i]! / request.choices
      buffers.completionMs[i] = this.#times.expectedCompletionMs(candidates[i]!, eachTokens)
    }
  }

  /**
   * From the last estimates to utilities and choice probabilities: mathematics §5, with its rule for requests where quality cannot decide.
   *
   * @throws {RoutingError} `not_finite`
   */
  choose(
    request: RoutingRequest,
    policy: RoutingPolicy,
    candidates: readonly Llm[],
    weights: TradeOff,
  ): RoutingDecision['rule'] {
    const buffers = this.#buffers
    const count = candidates.length
    this.#trials.mark(candidates, policy, this.#options, buffers)
    this.#penalties(candidates, request.preference.maxLatencyMs ?? this.#options.timeLimitMs)
    const options = { ...this.#options, costReferenceUsd: policy.costReferenceUsd }
    const servesHull = policy.servesHull(weights)
    // Means that are near to each other are no less known for it.
    const isFitted = policy.fitted?.isStarter === false && !servesHull
    const rule = candidateUtilities(buffers, count, weights, isFitted, options)
    choiceProbabilities(buffers, count, this.#options.exploration, buffers.probability)
    return servesHull ? 'hull' : rule
  }

  /** The candidate at that place was drawn by these probabilities. */
  drawn(llm: Llm, place: number): void {
    if (this.#buffers.isTried[place] === 1) this.#trials.drawn(llm.id)
  }

  /** Nobody is punished for a guess: times that were neither declared nor seen cost nothing. */
  #penalties(candidates: readonly Llm[], timeLimitMs: number): void {
    const { completionMs, penalty } = this.#buffers
    for (let i = 0; i < candidates.length; i++) {
      const known = this.#times.isKnown(candidates[i]!)
      penalty[i] = known ? latencyPenalty(completionMs[i]!, timeLimitMs) : 0
    }
  }
}
