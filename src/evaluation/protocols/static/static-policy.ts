import type { HashedNgramEmbedder } from '../../../routing/embedding/hashed-ngram-embedder.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../../routing/registry/token-price.ts'
import type { PolicyName } from '../../policy-names.ts'

/** What a policy may look at while it is fitted: training prompts only. */
export interface StaticTraining {
  readonly rows: TrainingRows
  /** Of `rows`, in order. */
  readonly texts: readonly string[]
  /** Task of each row; empty strings where the set names none. */
  readonly sources: readonly string[]
  /** Of `rows.llms`. */
  readonly prices: readonly (TokenPrice | undefined)[]
  readonly embedder: HashedNgramEmbedder
  readonly seed: number
  /**
   * Billed cost of each training row predicted from the other folds, row-major; what hyper-parameters are tuned with.
   * Row i is in fold i mod {@link folds}.
   */
  readonly outOfFoldCostUsd: Float64Array
  readonly folds: number
}

/** Prompts to route, as they look before the call. The outcomes are not in it. */
export interface StaticPrompts {
  readonly contexts: TrainingRows['contexts']
  readonly texts: readonly string[]
  /** Predicted bill, row-major prompts × LLMs, USD: the cost predictor all policies share. */
  readonly predictedCostUsd: Float64Array
  /** Size of each prompt, known before the call. */
  readonly inputTokens: Float64Array
  /**
   * Confidence in [0, 1] that an LLM's answer is good, as checking it would give; for cascades alone, which pay for the answer and
   * for the check. SIMULATED from the recorded quality with declared errors: the data hold no verifier.
   */
  readonly verifierConfidence?: (prompt: number, llm: number) => number
}

/**
 * What a policy does with each prompt at each position of its knob (a cost weight, λ, a threshold), from the dearest to
 * the cheapest or the other way round. Row-major, settings × prompts.
 */
export interface StaticChoices {
  readonly settings: number
  /** The LLM whose answer is given, as an index into the pool. */
  readonly answeredBy: Uint16Array
  /**
   * Calls paid for besides the answer, settings × prompts, each a list of LLM indices; only for cascades. A verification
   * by the same LLM is one more call of it.
   */
  readonly alsoCalled?: readonly (readonly number[])[]
}

export interface FittedStaticPolicy {
  choose(prompts: StaticPrompts): StaticChoices
}

/** A router or baseline of the `static` protocol: fitted on training prompts, then asked about others. */
export interface StaticPolicy {
  readonly name: PolicyName
  /** Tunes whatever it has out of fold, within `training` alone. */
  fit(training: StaticTraining): Promise<FittedStaticPolicy>
}
