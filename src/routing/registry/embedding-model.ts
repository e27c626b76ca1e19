import type { LlmId } from './llm.ts'
import type { TokenPrice } from './token-price.ts'

/** A registered embedding model. Callers name it; nothing is chosen for them, since vectors of two models do not compare. */
export interface EmbeddingModel {
  /** The name people use in requests; no LLM of the pool has it. */
  readonly id: LlmId
  /** Name of the provider entry that serves it. */
  readonly provider: string
  /** The model's name at that provider. */
  readonly upstreamModel: string
  /** Undefined: unknown. There is no output to price. */
  readonly price: TokenPrice | undefined
  /** Length of its vectors where the request does not say; undefined: the model's own. */
  readonly dimensions: number | undefined
}
