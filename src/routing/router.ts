import type { Clock } from './clock.ts'
import { type ExclusionReason, exclusionReason } from './decision/admissibility.ts'
import {
  bestCandidate,
  checkExploration,
  choiceProbabilities,
  defaultExploration,
  drawCandidate,
  type ExplorationOptions,
} from './decision/choice.ts'
import { checkUtilityOptions, latencyPenalty, utility } from './decision/utility.ts'
import type { CandidateTerms, RoutingDecision } from './decision.ts'
import { buildContext } from './embedding/context-builder.ts'
import type { RoutingContext } from './embedding/routing-context.ts'
import { RoutingError } from './errors.ts'
import type { RandomSource } from './numeric/random-source.ts'
import type { Label, Settlement } from './outcome.ts'
import type { CompletionTimeModel, ObservedCall } from './prediction/completion-time-model.ts'
import type { Llm, LlmId } from './registry/llm.ts'
import type { LlmRegistry } from './registry/llm-registry.ts'
import type { RoutingRequest } from './request.ts'
import { newQualityEstimates, type QualityEstimates, type RoutingPolicy } from './routing-policy.ts'

export interface RouterOptions {
  readonly exploration: ExplorationOptions
  /** α, MixLLM's .01 would be inert here (u is an honest standard error); see docs/decisions. */
  readonly explorationWidth: number
  /** β. */
  readonly latencyPenaltyWeight: number
  /** τ where the caller sets no ceiling. MixLLM's 30 s would veto reasoning LLMs that nobody asked to hurry. */
  readonly timeLimitMs: number
  /** Every q̂ below this: paying more would buy nothing. */
  readonly hopelessQuality: number
  /** All q̂ within this of each other: they differ by less than the estimates can tell. */
  readonly equalQuality: number
}

export const defaultRouterOptions: RouterOptions = {
  exploration: defaultExploration,
  explorationWidth: 0.1,
  latencyPenaltyWeight: 0.1,
  timeLimitMs: 120_000,
  hopelessQuality: 0.05,
  equalQuality: 0.005,
}

/** Everything replaceable that a router is made of. */
export interface RouterParts {
  readonly pool: LlmRegistry
  readonly policy: RoutingPolicy
  readonly times: CompletionTimeModel
  readonly random: RandomSource
  readonly clock: Clock
  /** A new decision id, sortable by time, unique over restarts. */
  readonly newId: () => string
  /** Whether an LLM can be called now; all can where nothing is said. */
  readonly isHealthy?: (llm: LlmId) => boolean
}

export interface Attribution {
  readonly keyId: string | undefined
  /** What spending caps still allow for this request, USD. */
  readonly budgetUsd: number | undefined
}

interface Buffers extends QualityEstimates {
  readonly costUsd: Float64Array
  /** As above with unknown costs replaced, for comparing. */
  readonly comparableCostUsd: Float64Array
  readonly outputTokens: Float64Array
  readonly outputTokensP90: Float64Array
  readonly completionMs: Float64Array
  readonly penalty: Float64Array
  readonly utility: Float64Array
  readonly probability: Float64Array
}

type Exclusion = { readonly llm: LlmId; readonly reason: ExclusionReason }

const noContext = new Float32Array(0)

/** embed → predict → decide: which LLM answers this request. Design §2; one instance serves all requests of a process. */
export class Router {
  readonly options: RouterOptions
  readonly pool: LlmRegistry
  readonly #parts: RouterParts
  #policy: RoutingPolicy
  #buffers = newBuffers(16)

  /** @throws {RoutingError} `invalid_option` */
  constructor(parts: RouterParts, options: Partial<RouterOptions> = {}) {
    this.options = { ...defaultRouterOptions, ...options }
    checkExploration(this.options.exploration)
    checkUtilityOptions({ ...this.options, costReferenceUsd: parts.policy.costReferenceUsd })
    this.#parts = parts
    this.#policy = parts.policy
    this.pool = parts.pool
  }

  get policy(): RoutingPolicy {
    return this.#policy
  }

  /** Serves another version from the next request on. */
  load(policy: RoutingPolicy): void {
    this.#policy = policy
  }

  /**
   * Decides, explains, calls nothing.
   *
   * @throws {RoutingError} `no_admissible_llm`, `unknown_llm` (a pinned LLM that is not in the pool)
   */
  async route(request: RoutingRequest, attribution: Attribution): Promise<RoutingDecision> {
    if (request.pinnedLlm !== undefined) return this.#pin(this.pool.require(request.pinnedLlm), request, attribution)
    const excluded: Exclusion[] = []
    const candidates = this.#admissible(request, excluded)
    if (candidates.length === 0) throw noAdmissibleLlm(excluded)
    const policy = this.#policy
    const built = buildContext(policy.embedder, request)
    const context = built instanceof Promise ? await built : built
    // Nothing waits from here on: the buffers are ours until the decision is written.
    return this.#decide(request, attribution, policy, context, candidates, excluded)
  }

  /** One request was sent to that LLM. */
  callStarted(llm: LlmId): void {
    const registered = this.pool.get(llm)
    if (registered !== undefined) this.#parts.times.begin(registered)
  }

  /** That request ended; `observed` only when a whole answer came. */
  callEnded(llm: LlmId, observed: ObservedCall | undefined): void {
    const registered = this.pool.get(llm)
    if (registered !== undefined) this.#parts.times.end(registered, observed)
  }

  /** Corrects the cost estimates by what was really billed. Quality is learned from labels only. */
  recordOutcome(decision: RoutingDecision, settlement: Settlement): void {
    const { answered, costNanoUsd, usage } = settlement
    if (answered === undefined || settlement.status !== 'completed') return
    const costUsd = costNanoUsd === undefined ? undefined : costNanoUsd / 1e9
    this.learnCost(decision, answered, costUsd, usage?.outputTokens)
  }

  /** The same for callers without settlements. Unknown is undefined. */
  learnCost(
    decision: RoutingDecision,
    llm: LlmId,
    costUsd: number | undefined,
    outputTokens: number | undefined,
  ): void {
    const terms = decision.candidates.find((candidate) => candidate.llm === llm)
    this.#policy.cost.observe(llm, terms?.costUsd ?? Number.NaN, costUsd, outputTokens)
  }

  /** Folds one label into the policy; see {@link RoutingPolicy.learn}. */
  learn(label: Label): boolean {
    return this.#policy.learn(label, this.pool.get(label.llm))
  }

  #admissible(request: RoutingRequest, excluded: Exclusion[]): Llm[] {
    const candidates: Llm[] = []
    for (const llm of this.pool.list()) {
      const reason = exclusionReason(llm, request) ?? (this.#isHealthy(llm.id) ? undefined : 'unhealthy')
      if (reason === undefined) candidates.push(llm)
      else excluded.push({ llm: llm.id, reason })
    }
    // With every breaker open there is nothing to lose: trying beats refusing.
    if (candidates.length === 0 && excluded.some(({ reason }) => reason === 'unhealthy')) {
      return this.pool.list().filter((llm) => exclusionReason(llm, request) === undefined)
    }
    return candidates
  }

  #isHealthy(llm: LlmId): boolean {
    return this.#parts.isHealthy?.(llm) ?? true
  }

  #decide(
    request: RoutingRequest,
    attribution: Attribution,
    policy: RoutingPolicy,
    context: RoutingContext,
    admissible: Llm[],
    excluded: Exclusion[],
  ): RoutingDecision {
    this.#estimate(request, policy, context, admissible)
    const candidates = this.#withinCeilings(request, attribution, admissible, excluded)
    if (candidates.length === 0) throw noAdmissibleLlm(excluded)
    if (candidates.length < admissible.length) this.#estimate(request, policy, context, candidates)
    const buffers = this.#buffers
    const count = candidates.length
    this.#utilities(request, policy, candidates)
    choiceProbabilities(
      buffers.utility,
      buffers.comparableCostUsd,
      count,
      this.options.exploration,
      buffers.probability,
    )
    const drawn = drawCandidate(buffers.probability, count, this.#parts.random)
    return {
      ...this.#heading(request, attribution, policy),
      cold: policy.isCold(candidates),
      pinned: false,
      context,
      candidates: candidates.map((llm, i) => termsOf(llm, buffers, i)),
      excluded,
      drawn: candidates[drawn]!.id,
      propensity: buffers.probability[drawn]!,
    }
  }

  /** The caller named the LLM: permission and capabilities bind, estimates do not. */
  #pin(llm: Llm, request: RoutingRequest, attribution: Attribution): RoutingDecision {
    const reason = exclusionReason(llm, request)
    if (reason !== undefined) throw noAdmissibleLlm([{ llm: llm.id, reason }])
    const policy = this.#policy
    // Embedding costs more than the rest of a pinned request together, and nothing is to be decided.
    const context = { embedderId: policy.embedder.id, embedding: noContext, explicit: noContext }
    this.#grow(1)
    const buffers = this.#buffers
    policy.cost.predict(context, request, [llm], buffers)
    const costUsd = buffers.costUsd[0]!
    const { budgetUsd } = attribution
    if (overCeiling(costUsd, request.preference.maxCostUsd))
      throw noAdmissibleLlm([{ llm: llm.id, reason: 'over_max_cost' }])
    if (overCeiling(costUsd, budgetUsd)) throw noAdmissibleLlm([{ llm: llm.id, reason: 'over_budget' }])
    buffers.offline[0] = buffers.mean[0] = buffers.uncertainty[0] = buffers.fitted[0] = buffers.utility[0] = 0
    buffers.penalty[0] = 0
    buffers.probability[0] = 1
    buffers.completionMs[0] = this.#parts.times.expectedCompletionMs(llm, buffers.outputTokens[0]!)
    return {
      ...this.#heading(request, attribution, policy),
      cold: false,
      pinned: true,
      context,
      candidates: [termsOf(llm, buffers, 0)],
      excluded: [],
      drawn: llm.id,
      propensity: 1,
    }
  }

  #heading(request: RoutingRequest, attribution: Attribution, policy: RoutingPolicy) {
    return {
      id: this.#parts.newId(),
      createdAtMs: Math.floor(this.#parts.clock.now()),
      keyId: attribution.keyId,
      conversationId: request.conversationId,
      policyVersion: policy.version,
      labelSequence: policy.labelSequence,
      preference: request.preference,
      inputTokens: request.inputTokens,
    }
  }

  #estimate(request: RoutingRequest, policy: RoutingPolicy, context: RoutingContext, candidates: readonly Llm[]): void {
    this.#grow(candidates.length)
    const buffers = this.#buffers
    policy.estimateQuality(context, candidates, buffers)
    policy.cost.predict(context, request, candidates, buffers)
    for (let i = 0; i < candidates.length; i++) {
      const costUsd = buffers.costUsd[i]!
      // An unknown price is compared as the dearest LLM's: never cheap by ignorance.
      buffers.comparableCostUsd[i] = Number.isNaN(costUsd) ? policy.costReferenceUsd : costUsd
      buffers.completionMs[i] = this.#parts.times.expectedCompletionMs(candidates[i]!, buffers.outputTokens[i]!)
    }
  }

  #withinCeilings(
    request: RoutingRequest,
    { budgetUsd }: Attribution,
    candidates: Llm[],
    excluded: Exclusion[],
  ): Llm[] {
    const { maxCostUsd, maxLatencyMs, minQuality } = request.preference
    const { costUsd, completionMs, mean } = this.#buffers
    const { fitted } = this.#policy
    const kept: Llm[] = []
    for (let i = 0; i < candidates.length; i++) {
      const llm = candidates[i]!
      let reason: ExclusionReason | undefined
      if (overCeiling(costUsd[i]!, maxCostUsd)) reason = 'over_max_cost'
      else if (overCeiling(costUsd[i]!, budgetUsd)) reason = 'over_budget'
      else if (maxLatencyMs !== undefined && completionMs[i]! > maxLatencyMs) reason = 'over_max_latency'
      else if (minQuality !== undefined && (fitted?.levels.level(mean[i]!) ?? mean[i]!) < minQuality) {
        reason = 'under_min_quality'
      }
      if (reason === undefined) kept.push(llm)
      else excluded.push({ llm: llm.id, reason })
    }
    return kept
  }

  /** Design §3.6, with its rule for requests where quality cannot decide. */
  #utilities(request: RoutingRequest, policy: RoutingPolicy, candidates: readonly Llm[]): void {
    const count = candidates.length
    const { mean, uncertainty, comparableCostUsd, penalty, utility: utilities } = this.#buffers
    const { lambda, maxLatencyMs } = request.preference
    const options = { ...this.options, costReferenceUsd: policy.costReferenceUsd }
    const timeLimitMs = maxLatencyMs ?? this.options.timeLimitMs
    this.#penalties(candidates, timeLimitMs)
    for (let i = 0; i < count; i++) {
      utilities[i] = utility(mean[i]!, uncertainty[i]!, comparableCostUsd[i]!, penalty[i]!, lambda, options)
    }
    if (policy.fitted === undefined || !this.#qualityCannotDecide(count)) return
    // λ = 0 weighs cost alone; the latency penalty still counts.
    for (let i = 0; i < count; i++) utilities[i] = utility(0, 0, comparableCostUsd[i]!, penalty[i]!, 0, options)
    const cheapest = bestCandidate(utilities, comparableCostUsd, count)
    for (let i = 0; i < count; i++) if (i !== cheapest) utilities[i]! -= 1
  }

  /** Nobody is punished for a guess: times that were neither declared nor seen cost nothing. */
  #penalties(candidates: readonly Llm[], timeLimitMs: number): void {
    const { completionMs, penalty } = this.#buffers
    for (let i = 0; i < candidates.length; i++) {
      const known = this.#parts.times.isKnown(candidates[i]!)
      penalty[i] = known ? latencyPenalty(completionMs[i]!, timeLimitMs) : 0
    }
  }

  #qualityCannotDecide(count: number): boolean {
    let lowest = Number.POSITIVE_INFINITY
    let highest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) {
      lowest = Math.min(lowest, this.#buffers.mean[i]!)
      highest = Math.max(highest, this.#buffers.mean[i]!)
    }
    return highest < this.options.hopelessQuality || highest - lowest < this.options.equalQuality
  }

  #grow(capacity: number): void {
    if (capacity > this.#buffers.utility.length) this.#buffers = newBuffers(2 * capacity)
  }
}

function overCeiling(costUsd: number, ceilingUsd: number | undefined): boolean {
  // An unknown cost cannot be promised to stay under a ceiling.
  return ceilingUsd !== undefined && !(costUsd <= ceilingUsd)
}

function termsOf(llm: Llm, buffers: Buffers, i: number): CandidateTerms {
  const costUsd = buffers.costUsd[i]!
  return {
    llm: llm.id,
    qualitySource: buffers.fitted[i] === 1 ? 'fitted' : 'prior',
    offlineQuality: buffers.offline[i]!,
    quality: buffers.mean[i]!,
    uncertainty: buffers.uncertainty[i]!,
    outputTokens: buffers.outputTokens[i]!,
    costUsd: Number.isNaN(costUsd) ? undefined : costUsd,
    completionMs: buffers.completionMs[i]!,
    latencyPenalty: buffers.penalty[i]!,
    utility: buffers.utility[i]!,
    probability: buffers.probability[i]!,
  }
}

function noAdmissibleLlm(excluded: readonly Exclusion[]): RoutingError {
  const why = excluded.slice(0, 8).map(({ llm, reason }) => `${llm}: ${reason.replaceAll('_', ' ')}`)
  const more = excluded.length > 8 ? ` and ${excluded.length - 8} more` : ''
  return new RoutingError(
    'no_admissible_llm',
    excluded.length === 0 ? 'The pool has no LLM' : `No LLM may serve this request (${why.join('; ')}${more})`,
  )
}

function newBuffers(capacity: number): Buffers {
  return {
    ...newQualityEstimates(capacity),
    costUsd: new Float64Array(capacity),
    comparableCostUsd: new Float64Array(capacity),
    outputTokens: new Float64Array(capacity),
    outputTokensP90: new Float64Array(capacity),
    completionMs: new Float64Array(capacity),
    penalty: new Float64Array(capacity),
    utility: new Float64Array(capacity),
    probability: new Float64Array(capacity),
  }
}
