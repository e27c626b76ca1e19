import type { RoutingContext } from '../embedding/routing-context.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { Llm, LlmId } from '../registry/llm.ts'
import type { TokenPrice } from '../registry/token-price.ts'

/** What decides a call's size besides its content. */
export interface CallSize {
  /** Estimated size of the whole prompt. */
  readonly inputTokens: number
  /** The caller's cap on the answer's length. */
  readonly maxOutputTokens: number | undefined
  /** Answers asked for at once, ≥ 1. */
  readonly choices: number
}

/** Where a {@link CostPredictor} writes; each of at least the length of the list of LLMs, in its order. */
export interface CostEstimates {
  /** Expected bill, USD; NaN when not known. */
  readonly costUsd: Float64Array
  /**
   * The same before what bills have taught since the fit, which is what {@link CostPredictor.observe} compares a bill
   * with. NaN also where that would teach nothing: while an LLM that was never fitted has a guessed length.
   */
  readonly offlineCostUsd: Float64Array
  /** The bill of an answer of `outputTokensP90`, at least `costUsd`; NaN when not known. */
  readonly costUsdP90: Float64Array
  /** Expected output tokens, reasoning inside. */
  readonly outputTokens: Float64Array
  /** Nine answers in ten are expected to be no longer. */
  readonly outputTokensP90: Float64Array
}

/** Estimates what each LLM's answer will be billed (mathematics §3). */
export interface CostPredictor {
  /** The LLMs it was fitted for; it answers for any other from priors. */
  readonly llms: readonly LlmId[]
  /** Whether it was read from an older format and knows means only, whatever the prompt. */
  readonly isByMeans?: boolean
  /**
   * @param context ignored for LLMs it was not fitted for.
   * @param llms any list; prices are read from it, so that a price change acts at once.
   * @throws {RoutingError} `dimension_mismatch` when the context or an output array does not fit.
   */
  predict(context: RoutingContext, size: CallSize, llms: readonly Llm[], out: CostEstimates): void
  /**
   * Learns slowly from a bill; bills may come in any order, however late. Unknown is NaN or undefined.
   *
   * @param offlineUsd `offlineCostUsd` of {@link predict} for that call; unknown, or a bill that is, teaches the length only.
   * @param capTokens the caller's cap on the answer's length: an answer that it ended is not taken for a short one.
   */
  observe(
    llm: LlmId,
    offlineUsd: number,
    billedUsd: number | undefined,
    outputTokens: number | undefined,
    capTokens: number | undefined,
  ): void
  /** Its bills were seen to have become `factor` > 0 times what they were, for good. */
  rescale?(llm: LlmId, factor: number): void
  /**
   * A copy that expects of an LLM that was never fitted what these bills of its tell at its price, and nothing of what was expected of it
   * before.
   *
   * @param costUsd one per context, which stands for the prompt; NaN is unknown.
   */
  withBills?(
    llm: { readonly id: LlmId; readonly price: TokenPrice | undefined },
    contexts: readonly RoutingContext[],
    costUsd: Float64Array,
  ): CostPredictor
  /** Fitted parameters and what was learned since; restoring it gives bit-identical estimates. */
  snapshot(): SnapshotData
}
