import type { RoutingContext } from '../embedding/routing-context.ts'
import type { LlmId } from '../registry/llm.ts'

/** Labelled requests, rows × LLMs, for fitting predictors. NaN marks an unknown cell; it is never zero. */
export interface TrainingRows {
  readonly llms: readonly LlmId[]
  readonly contexts: readonly RoutingContext[]
  /** Row-major [contexts.length × llms.length], in [0, 1] or NaN. */
  readonly quality: Float64Array
  /** Row-major, USD per call or NaN. */
  readonly costUsd: Float64Array
  /** Row-major, tokens or NaN. */
  readonly inputTokens: Float64Array
  /** Row-major, tokens (reasoning inside) or NaN. */
  readonly outputTokens: Float64Array
}
