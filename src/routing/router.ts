import type { Clock } from './clock.ts'
import { type Exclusion, type ExclusionReason, exclusionReason, toExclusion } from './decision/admissibility.ts'
import { type AppraisalOptions, CandidateAppraiser } from './decision/candidate-appraiser.ts'
import { termsOf } from './decision/candidate-buffers.ts'
import { checkExploration, defaultExploration, drawCandidate } from './decision/choice.ts'
import { checkUtilityOptions, type TradeOff, tradeOff } from './decision/utility.ts'
import { type TrialTally, type TrialTerms, VersionTrial } from './decision/version-trial.ts'
import type { DecisionExperiment, RoutingDecision } from './decision.ts'
import { buildContext } from './embedding/context-builder.ts'
import type { RoutingContext } from './embedding/routing-context.ts'
import { RoutingError } from './errors.ts'
import type { RandomSource } from './numeric/random-source.ts'
import type { Label, Settlement } from './outcome.ts'
import type { CompletionTimeModel, ObservedCall } from './prediction/completion-time-model.ts'
import { RecentBills } from './prediction/recent-bills.ts'
import type { Llm, LlmId } from './registry/llm.ts'
import type { LlmRegistry } from './registry/llm-registry.ts'
import { parameterField } from './registry/parameter-support.ts'
import type { RoutingRequest } from './request.ts'
import type { RoutingPolicy } from './routing-policy.ts'

export type RouterOptions = AppraisalOptions

export const defaultRouterOptions: RouterOptions = {
  exploration: defaultExploration,
  explorationWidth: 0.1,
  newcomerWidth: 1,
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
  /** ν ≥ 0: what budgets that run short put on its price, utility per C_ref (mathematics §5, §18). Named LLMs are not paced. Default 0. */
  readonly dual?: number | undefined
}

const noContext = new Float32Array(0)

/** A version, what it sees of the request and what it makes of the candidates. */
interface Arm {
  readonly appraiser: CandidateAppraiser
  readonly policy: RoutingPolicy
  readonly context: RoutingContext
  readonly rule: RoutingDecision['rule']
}

/** The version on trial; without a context it could not be asked. */
interface TriedVersion {
  readonly trial: VersionTrial
  readonly context: RoutingContext | undefined
}

/** embed → predict → decide: which LLM answers this request. See docs/architecture.md; one instance serves all requests of a process. */
export class Router {
  readonly options: RouterOptions
  readonly pool: LlmRegistry
  readonly #parts: RouterParts
  #policy: RoutingPolicy
  readonly #appraiser: CandidateAppraiser
  #trial: VersionTrial | undefined
  readonly #bills = new RecentBills()

  /** @throws {RoutingError} `invalid_option` */
  constructor(parts: RouterParts, options: Partial<RouterOptions> = {}) {
    this.options = { ...defaultRouterOptions, ...options }
    checkExploration(this.options.exploration)
    checkUtilityOptions({ ...this.options, costReferenceUsd: parts.policy.costReferenceUsd })
    if (!(this.options.timeLimitMs > 0)) {
      throw new RoutingError('invalid_option', `timeLimitMs must be a number > 0, got ${this.options.timeLimitMs}`)
    }
    this.#parts = parts
    this.#policy = parts.policy
    this.#appraiser = new CandidateAppraiser(parts.times, this.options)
    this.pool = parts.pool
  }

  get policy(): RoutingPolicy {
    return this.#policy
  }

  /** Serves another version from the next request on. A trial ends: what it was compared with is gone. */
  load(policy: RoutingPolicy): void {
    this.#policy = policy
    this.#trial = undefined
  }

  /**
   * Tries a version beside the one that serves from the next request on (mathematics §25); undefined ends the trial. Named LLMs are never
   * tried with.
   *
   * @throws {RoutingError} `invalid_option`
   */
  tryOut(terms: TrialTerms | undefined): void {
    this.#trial = terms && new VersionTrial(terms, this.#parts.times, this.options)
  }

  /** The trial under way, and what it came to here since it began. */
  get trial(): { readonly terms: TrialTerms; readonly tally: TrialTally } | undefined {
    return this.#trial && { terms: this.#trial.terms, tally: this.#trial.tally }
  }

  /**
   * Decides, explains, calls nothing.
   *
   * @throws {RoutingError} `no_admissible_llm`, `unknown_llm` (a pinned LLM that is not in the pool)
   */
  async route(request: RoutingRequest, attribution: Attribution): Promise<RoutingDecision> {
    if (request.pinnedLlm !== undefined) return this.#pin(this.pool.require(request.pinnedLlm), request, attribution)
    const policy = this.#policy
    const trial = this.#trial
    const built = buildContext(policy.embedder, request)
    const context = built instanceof Promise ? await built : built
    const tried = trial && { trial, context: await trial.context(request, context) }
    // Nothing waits from here on: pool and health are those of now, and the buffers ours until the decision is written.
    return this.#decide(request, attribution, policy, context, tried)
  }

  /**
   * One request was sent to that LLM.
   *
   * @param outputTokens what each of its answers was expected to take; undefined: as much as usual.
   * @returns the load that was there already, for {@link ObservedCall.inFlightAtStart}.
   */
  callStarted(llm: LlmId, outputTokens?: number): number {
    const registered = this.pool.get(llm)
    return registered === undefined ? 0 : this.#parts.times.begin(registered, outputTokens)
  }

  /** That request ended; `observed` only when a whole answer came, `outputTokens` as {@link callStarted} was told. */
  callEnded(llm: LlmId, observed: ObservedCall | undefined, outputTokens?: number): void {
    this.#parts.times.end(this.pool.get(llm) ?? llm, observed, outputTokens)
  }

  /** Corrects the cost estimates by what was really billed. Quality is learned from labels only. */
  recordOutcome(decision: RoutingDecision, settlement: Settlement): void {
    const { answered, billedNanoUsd, usage } = settlement
    if (answered === undefined || settlement.status !== 'completed') return
    const costUsd = billedNanoUsd === undefined ? undefined : billedNanoUsd / 1e9
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
    const { choices, maxOutputTokens } = decision
    const eachTokens = outputTokens === undefined ? undefined : outputTokens / choices
    const registered = this.pool.get(llm)
    const bill = registered && this.#bills.add(decision, registered, costUsd, eachTokens)
    const versions = this.#versions()
    const decider = versions.find(({ version }) => version === decision.policyVersion)
    for (const policy of versions) {
      if (decider !== undefined && policy !== decider && bill !== undefined) {
        this.#bills.teach(bill, decider, policy)
        continue
      }
      // A bill says nothing of a version that did not predict it; the answer's length still counts.
      const offlineCostUsd = policy === decider ? terms?.offlineCostUsd : undefined
      policy.cost.observe(llm, offlineCostUsd ?? Number.NaN, costUsd, eachTokens, maxOutputTokens)
    }
  }

  /** That LLM's bills were seen to have become `factor` > 0 times what they were, for good. */
  rescaleCost(llm: LlmId, factor: number): void {
    for (const { cost } of this.#versions()) cost.rescale?.(llm, factor)
    this.#bills.rescale(llm, factor)
  }

  /** The latest calls, for a version that comes to serve and has not learned from their bills. */
  get bills(): RecentBills {
    return this.#bills
  }

  /** Folds one label into the policy; see {@link RoutingPolicy.learn}. */
  learn(label: Label): boolean {
    return this.#policy.learn(label)
  }

  /** The one that serves, and the one on trial. */
  #versions(): readonly RoutingPolicy[] {
    const tried = this.#trial?.terms.policy
    return tried === undefined ? [this.#policy] : [this.#policy, tried]
  }

  #admissible(request: RoutingRequest): { candidates: Llm[]; excluded: Exclusion[] } {
    const candidates: Llm[] = []
    const unhealthy: Llm[] = []
    const cramped: Llm[] = []
    const excluded: Exclusion[] = []
    for (const llm of this.pool.list()) {
      const reason = exclusionReason(llm, request)
      if (reason === 'reasoning_headroom' && this.#isHealthy(llm.id)) cramped.push(llm)
      else if (reason !== undefined) excluded.push(toExclusion(llm, reason, request))
      else if (this.#isHealthy(llm.id)) candidates.push(llm)
      else unhealthy.push(llm)
    }
    // Where only LLMs that think are left, an answer that may be cut short beats none.
    if (candidates.length === 0 && cramped.length > 0) candidates.push(...cramped)
    else for (const { id } of cramped) excluded.push({ llm: id, reason: 'reasoning_headroom' })
    // With every breaker open there is nothing to lose: trying beats refusing.
    if (candidates.length === 0) return { candidates: unhealthy, excluded }
    for (const { id } of unhealthy) excluded.push({ llm: id, reason: 'unhealthy' })
    return { candidates, excluded }
  }

  #isHealthy(llm: LlmId): boolean {
    return this.#parts.isHealthy?.(llm) ?? true
  }

  #decide(
    request: RoutingRequest,
    attribution: Attribution,
    policy: RoutingPolicy,
    context: RoutingContext,
    tried: TriedVersion | undefined,
  ): RoutingDecision {
    const { candidates: admissible, excluded } = this.#admissible(request)
    if (admissible.length === 0) throw noAdmissibleLlm(excluded)
    const { lambda, minQuality } = request.preference
    const { dual = 0 } = attribution
    const weights = tradeOff(lambda, dual)
    const appraiser = this.#appraiser
    // A floor is on what is believed of this request, whatever is compared.
    const isAnew = minQuality !== undefined && policy.servesHull(weights)
    appraiser.estimate(request, policy, context, admissible, isAnew ? undefined : weights)
    // A version on trial chooses among the same: what ceilings promise the caller, the serving version answers for.
    const candidates = this.#withinCeilings(request, attribution, policy, admissible, excluded)
    if (candidates.length === 0) throw noAdmissibleLlm(excluded)
    if (isAnew || candidates.length < admissible.length)
      appraiser.estimate(request, policy, context, candidates, weights)
    const rule = appraiser.choose(request, policy, candidates, weights)
    const serving = { appraiser, policy, context, rule }
    const id = this.#parts.newId()
    const { arm, other, experiment } = this.#arms(id, request, candidates, weights, serving, tried)
    const { buffers } = arm.appraiser
    const drawn = drawCandidate(buffers.probability, candidates.length, this.#parts.random)
    arm.appraiser.drawn(candidates[drawn]!, drawn)
    const own = buffers.probability[drawn]!
    const share = experiment?.arm === 'candidate' ? 1 - experiment.share : (experiment?.share ?? 0)
    return {
      ...this.#heading(id, request, attribution, arm.policy),
      cold: arm.policy.isCold(candidates),
      pinned: false,
      rule: arm.rule,
      context: arm.context,
      candidates: candidates.map((llm, i) => termsOf(llm, buffers, i)),
      excluded,
      drawn: candidates[drawn]!.id,
      propensity: other === undefined || share === 0 ? own : (1 - share) * own + share * other[drawn]!,
      budgetDual: dual,
      experiment,
    }
  }

  /** Which version decides this request: the serving one, but for a canary's part of the conversations. */
  #arms(
    id: string,
    request: RoutingRequest,
    candidates: readonly Llm[],
    weights: TradeOff,
    serving: Arm,
    tried: TriedVersion | undefined,
  ): { readonly arm: Arm; readonly other?: Float64Array; readonly experiment: DecisionExperiment | undefined } {
    if (tried === undefined) return { arm: serving, experiment: undefined }
    const { trial, context } = tried
    const rule = trial.ask(request, context, candidates, weights, () => this.#parts.clock.now())
    if (rule === undefined || context === undefined) return { arm: serving, experiment: undefined }
    const { policy, phase, share } = trial.terms
    const tested: Arm = { appraiser: trial.appraiser, policy, context, rule }
    const byCandidate = trial.serves(id, request.conversationId)
    const [arm, idle] = byCandidate ? [tested, serving] : [serving, tested]
    const other = idle.appraiser.buffers.probability.slice(0, candidates.length)
    const experiment: DecisionExperiment = {
      candidateVersion: policy.version,
      phase,
      arm: byCandidate ? 'candidate' : 'serving',
      share: phase === 'canary' ? share : 0,
      otherProbabilities: other,
    }
    return { arm, other, experiment }
  }

  /** The caller named the LLM: permission and capabilities bind, estimates do not. */
  #pin(llm: Llm, request: RoutingRequest, attribution: Attribution): RoutingDecision {
    const reason = exclusionReason(llm, request)
    // Who names an LLM and a cap has chosen both.
    if (reason !== undefined && reason !== 'reasoning_headroom') throw namedLlmExcluded(llm, reason, request)
    const policy = this.#policy
    // Embedding costs more than the rest of a pinned request together, and nothing is to be decided.
    const context = { embedderId: policy.embedder.id, embedding: noContext, explicit: noContext }
    this.#appraiser.grow(1)
    const { buffers } = this.#appraiser
    policy.cost.predict(context, request, [llm], buffers)
    const costUsd = buffers.costUsd[0]!
    const { budgetUsd } = attribution
    if (overCeiling(costUsd, request.preference.maxCostUsd))
      throw noAdmissibleLlm([{ llm: llm.id, reason: 'over_max_cost' }])
    if (overCeiling(buffers.costUsdP90[0]!, budgetUsd)) throw noAdmissibleLlm([{ llm: llm.id, reason: 'over_budget' }])
    buffers.offline[0] = buffers.mean[0] = buffers.uncertainty[0] = buffers.utility[0] = 0
    buffers.source[0] = 'prior'
    buffers.penalty[0] = 0
    buffers.probability[0] = 1
    buffers.completionMs[0] = this.#parts.times.expectedCompletionMs(llm, buffers.outputTokens[0]! / request.choices)
    return {
      ...this.#heading(this.#parts.newId(), request, attribution, policy),
      cold: false,
      pinned: true,
      rule: 'utility',
      context,
      candidates: [termsOf(llm, buffers, 0)],
      excluded: [],
      drawn: llm.id,
      propensity: 1,
      budgetDual: 0,
      experiment: undefined,
    }
  }

  #heading(id: string, request: RoutingRequest, attribution: Attribution, policy: RoutingPolicy) {
    return {
      id,
      createdAtMs: Math.floor(this.#parts.clock.now()),
      keyId: attribution.keyId,
      conversationId: request.conversationId,
      policyVersion: policy.version,
      labelSequence: policy.labelSequence,
      preference: request.preference,
      inputTokens: request.inputTokens,
      maxOutputTokens: request.maxOutputTokens,
      choices: request.choices,
    }
  }

  #withinCeilings(
    request: RoutingRequest,
    { budgetUsd }: Attribution,
    policy: RoutingPolicy,
    candidates: Llm[],
    excluded: Exclusion[],
  ): Llm[] {
    const { maxCostUsd, maxLatencyMs, minQuality } = request.preference
    const { costUsd, costUsdP90, completionMs, mean } = this.#appraiser.buffers
    const kept: Llm[] = []
    for (let i = 0; i < candidates.length; i++) {
      const llm = candidates[i]!
      let reason: ExclusionReason | undefined
      if (overCeiling(costUsd[i]!, maxCostUsd)) reason = 'over_max_cost'
      else if (overCeiling(costUsdP90[i]!, budgetUsd)) reason = 'over_budget'
      else if (maxLatencyMs !== undefined && completionMs[i]! > maxLatencyMs && this.#parts.times.isKnown(llm)) {
        // Times that nobody measured exclude nobody, else they never would be measured.
        reason = 'over_max_latency'
      } else if (minQuality !== undefined && policy.reportedQuality(mean[i]!) < minQuality) {
        reason = 'under_min_quality'
      }
      if (reason === undefined) kept.push(llm)
      else excluded.push({ llm: llm.id, reason })
    }
    return kept
  }
}

function overCeiling(costUsd: number, ceilingUsd: number | undefined): boolean {
  // An unknown cost cannot be promised to stay under a ceiling.
  return ceilingUsd !== undefined && !(costUsd <= ceilingUsd)
}

function noAdmissibleLlm(excluded: readonly Exclusion[]): RoutingError {
  const why = excluded.slice(0, 8).map(({ llm, reason, detail }) => {
    return `${llm}: ${reason.replaceAll('_', ' ')}${detail === undefined ? '' : ` ${detail}`}`
  })
  const more = excluded.length > 8 ? ` and ${excluded.length - 8} more` : ''
  return new RoutingError(
    'no_admissible_llm',
    excluded.length === 0 ? 'The pool has no LLM' : `No LLM may serve this request (${why.join('; ')}${more})`,
  )
}

/** Whoever named the LLM is told what of the request it cannot take. */
function namedLlmExcluded(llm: Llm, reason: ExclusionReason, request: RoutingRequest): RoutingError {
  const exclusion = toExclusion(llm, reason, request)
  const { detail } = exclusion
  if (reason === 'unsupported_parameter' && detail !== undefined) {
    const message = `'${detail}' cannot be served by ${llm.id}, which is reached through ${llm.parameters?.api}`
    return new RoutingError('no_admissible_llm', message, { param: parameterField(detail) })
  }
  if (reason === 'other_effort') {
    const message = `${llm.id} thinks with effort ${detail}; the request asks for ${request.needs.reasoningEffort}. Leave one of them out`
    return new RoutingError('no_admissible_llm', message, { param: 'reasoning_effort' })
  }
  return noAdmissibleLlm([exclusion])
}
