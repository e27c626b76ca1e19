import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { InverseDesign } from './inverse-design.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'

/** What the offline part says of one prompt; arrays in the order of the estimates' LLMs. */
export interface PromptEstimates {
  /** e_n. */
  readonly embedding: Float64Array
  /** p̂. */
  readonly quality: Float64Array
  /** USD, at the prices of the fit. */
  readonly costUsd: Float64Array
  /** Expected length of the answer, tokens. */
  readonly outputTokens: Float64Array
  readonly inputTokens: number
  /** eᵀA⁻¹e under the offline design that the LLMs share. */
  readonly sharedQuadratic: number
}

/**
 * Remembers offline estimates by context: a replay asks for the same prompts under every λ, and a forest is the dearest
 * part of a decision. The offline part is frozen, so that what is remembered stays true.
 */
export class PromptEstimateMemory {
  readonly estimates: MixLlmEstimates
  readonly #sharedDesign: InverseDesign
  readonly #known = new WeakMap<RoutingContext, PromptEstimates>()

  constructor(estimates: MixLlmEstimates, sharedDesign: InverseDesign) {
    this.estimates = estimates
    this.#sharedDesign = sharedDesign
  }

  of(context: RoutingContext, inputTokens: number): PromptEstimates {
    const known = this.#known.get(context)
    if (known !== undefined && known.inputTokens === inputTokens) return known
    const { llms, dimension } = this.estimates
    const embedding = new Float64Array(dimension)
    const quality = new Float64Array(llms.length)
    const costUsd = new Float64Array(llms.length)
    const outputTokens = new Float64Array(llms.length)
    this.estimates.embed(context, embedding)
    this.estimates.predictQuality(embedding, quality)
    this.estimates.predictOutputTokens(embedding, outputTokens)
    this.estimates.predictCostUsd(embedding, inputTokens, costUsd)
    const sharedQuadratic = this.#sharedDesign.quadratic(embedding)
    const made = { embedding, quality, costUsd, outputTokens, inputTokens, sharedQuadratic }
    this.#known.set(context, made)
    return made
  }
}
