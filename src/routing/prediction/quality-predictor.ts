import type { RoutingContext } from '../embedding/routing-context.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'

/** Estimates the quality of each LLM's answer to one request. Fitted offline, frozen while serving. */
export interface QualityPredictor {
  /** The LLMs it was fitted for; the order of every output. */
  readonly llms: readonly LlmId[]
  /**
   * @param quality receives q̂, shape [llms.length], in [0, 1].
   * @param uncertainty receives the standard error of q̂, shape [llms.length], quality units. Left out, no work is done
   *   for it; q̂ is the same, bit for bit.
   * No allocation that grows with the pool or the training set.
   */
  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void
  /** Plain data and typed arrays; restoring it gives bit-identical predictions. */
  snapshot(): QualityPredictorSnapshot
}

export interface QualityPredictorSnapshot {
  readonly formatVersion: 1
  readonly kind: string
  readonly [field: string]: SnapshotData | undefined
}
