import type { LlmId } from '../../routing/registry/llm.ts'

/** What came of one decision, where it is known. */
export interface TurnOutcome {
  /** Weighted mean of what was said of the answer, [0, 1]. */
  readonly quality: number
  /**
   * What all calls for the request came to, USD ≥ 0; of an LLM without a price 0. Undefined where nobody was told: what the version that served
   * expected is no outcome, as each version expects something else of the same LLM.
   */
  readonly costUsd: number | undefined
  /** Then: what that version expected, USD. */
  readonly expectedUsd?: number | undefined
  /** How much it counts: 1 when labelled. A failure, which is known of every request, counts as often as labels are given. */
  readonly weight: number
}

/** One decision of a trial. */
export interface TrialTurn {
  readonly llms: readonly LlmId[]
  /** Choice probabilities of the serving version over `llms`, and of the one on trial. */
  readonly serving: Float64Array
  readonly candidate: Float64Array
  /** Index of the LLM drawn. */
  readonly drawn: number
  /** q̂ of the serving version as it was fitted, over `llms`, NaN where it knows nothing: a function of the request alone, whichever arm served. */
  readonly prior: Float64Array
  /** Undefined: nobody said anything, or it has not ended. */
  readonly outcome: TurnOutcome | undefined
}

/** What was drawn an arm for: a conversation, or a request on its own. Turns in their order. */
export interface TrialUnit {
  /** Share of units that the candidate serves. */
  readonly share: number
  readonly turns: readonly TrialTurn[]
}
