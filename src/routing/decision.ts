import type { Exclusion } from './decision/admissibility.ts'
import type { RoutingPreference } from './decision/routing-preference.ts'
import type { RoutingContext } from './embedding/routing-context.ts'
import type { LlmId } from './registry/llm.ts'

/**
 * Where q̂ comes from: predictors fitted on this LLM's outcomes; its outcomes on a probe set, by what LLMs fitted before have
 * in common (`described`); the shipped starter policy, that measured it (`starter`) or another deployment of its model
 * family (`sibling`); or its price alone.
 */
export type QualitySource = 'fitted' | 'described' | 'starter' | 'sibling' | 'prior'

/** Every term of one candidate's utility (mathematics §5); `undefined` marks what is not known. */
export interface CandidateTerms {
  readonly llm: LlmId
  readonly qualitySource: QualitySource
  /** q̂ of the frozen offline estimate alone, [0, 1]. */
  readonly offlineQuality: number
  /** q̂ after online learning, [0, 1]. */
  readonly quality: number
  /** u, quality units. */
  readonly uncertainty: number
  /** Of all answers asked for together. */
  readonly outputTokens: number
  /** ĉ before what bills have taught since the fit. */
  readonly offlineCostUsd: number | undefined
  /** ĉ */
  readonly costUsd: number | undefined
  /** The bill of an answer longer than nine in ten: what is set aside. */
  readonly costP90Usd: number | undefined
  /** W, expected completion time. */
  readonly completionMs: number
  /** exp(γ(W/τ − ξ)), before its weight β. */
  readonly latencyPenalty: number
  readonly utility: number
  readonly probability: number
}

/** A decision that was also a test of a candidate version. */
export interface DecisionExperiment {
  readonly candidateVersion: string
  /** `shadow`: the candidate was only asked. `canary`: a part of the conversations is served by it. */
  readonly phase: 'shadow' | 'canary'
  /** Whose probabilities the LLM was drawn by. */
  readonly arm: 'serving' | 'candidate'
  /** Share of conversations that the candidate serves, [0, 1). */
  readonly share: number
  /** Choice probabilities of the arm that did not serve, in the order of `candidates`, shape [candidates]. */
  readonly otherProbabilities: Float64Array
}

/** One routing decision with everything needed to explain it, replay it and learn from it. */
export interface RoutingDecision {
  /** Carried by the response's id. Sortable by time. */
  readonly id: string
  readonly createdAtMs: number
  /** The key that made the request; undefined where none is required. */
  readonly keyId: string | undefined
  readonly conversationId: string | undefined
  /** The fitted policy version, or `unfitted`. */
  readonly policyVersion: string
  /** The last label that had been learned when this was decided. */
  readonly labelSequence: number
  /** Nothing is fitted for this pool and little is learned: estimates are priors. */
  readonly cold: boolean
  /** The caller named the LLM; left out of off-policy estimates. */
  readonly pinned: boolean
  /**
   * `cheapest`: every quality was hopeless or all were nearly equal, so that utilities weigh cost and time alone. `hull`: at this
   * trade-off the fitted estimates were shown to do worse than no router, and the fitted LLMs' means stand in for them.
   */
  readonly rule: 'utility' | 'cheapest' | 'hull'
  readonly preference: RoutingPreference
  readonly inputTokens: number
  /** The caller's cap on the length of each answer. */
  readonly maxOutputTokens: number | undefined
  /** Answers asked for at once. */
  readonly choices: number
  readonly context: RoutingContext
  /** In pool order; probabilities sum to 1. */
  readonly candidates: readonly CandidateTerms[]
  readonly excluded: readonly Exclusion[]
  readonly drawn: LlmId
  /**
   * Probability with which `drawn` was drawn; of a canary by both arms together, (1 − share)·serving + share·candidate. `candidates` hold the
   * probabilities of the arm that served.
   */
  readonly propensity: number
  /** ν, what budgets put on the price of this decision; 0 where none is short. */
  readonly budgetDual: number
  readonly experiment: DecisionExperiment | undefined
}
