import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { LlmId } from '../../routing/registry/llm.ts'

/** What MixLLM predicts of one prompt, offline-fitted: the inputs of its meta decision maker (arXiv:2502.18482). */
export interface MixLlmEstimates {
  readonly llms: readonly LlmId[]
  /** Dimension of e_n, the (tag-enhanced) embedding. */
  readonly dimension: number
  /** @param out receives e_n, shape [dimension]. */
  embed(context: RoutingContext, out: Float64Array): void
  /** f_rq: @param quality receives p̂, shape [llms], [0, 1]. */
  predictQuality(embedding: Float64Array, quality: Float64Array): void
  /** f_rl: @param outputTokens receives the expected answer length, shape [llms]. */
  predictOutputTokens(embedding: Float64Array, outputTokens: Float64Array): void
  /** Eq. 5: input price × prompt length + output price × predicted length; shape [llms], USD. */
  predictCostUsd(embedding: Float64Array, inputTokens: number, costUsd: Float64Array): void
  /**
   * Recorded quality of one LLM less what the other folds predicted, in the order of the rows it was fitted on; NaN unknown.
   * Undefined where nothing was held out.
   *
   * @param llm place in {@link llms}.
   */
  qualityResiduals?(llm: number): Float64Array | undefined
}
