import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { TagEnhancedProjection } from '../../routing/embedding/tag-enhanced-projection.ts'
import { DesignVector } from '../../routing/prediction/design-vector.ts'

/** As the design vector scales e (mathematics §1). */
const blockScale = 0.3

/**
 * e_n: the design vector of the request, and beside it the tag-enhanced projection of e where there is one, divided so that
 * ‖e_n‖² is 1 on average over the training rows, which is what MixLLM's A⁰ = I expects.
 *
 * Deviations from MixLLM (arXiv:2502.18482), whose e_n is a fine-tuned BERT's: e is the product's own embedding, raw and
 * projected, and its explicit features (length, digits, code, …) are in it.
 */
export class MixLlmEmbedding {
  readonly dimension: number
  readonly #design: DesignVector
  /** Undefined where the projection is the identity and would only say e again. */
  readonly #projection: TagEnhancedProjection | undefined
  readonly #projected: Float64Array
  readonly #scale: number

  /** @param contexts training rows, at least one. */
  constructor(contexts: readonly RoutingContext[], projection?: TagEnhancedProjection) {
    this.#design = DesignVector.fit(contexts)
    this.#projection = projection?.isIdentity ? undefined : projection
    const d = this.#projection === undefined ? 0 : this.#design.embeddingDimension
    this.#projected = new Float64Array(d)
    this.dimension = this.#design.dimension + d
    this.#scale = 1
    const x = this.matrix(contexts)
    const squares = x.reduce((sum, value) => sum + value * value, 0) / contexts.length
    this.#scale = squares > 0 ? 1 / Math.sqrt(squares) : 1
  }

  /** @param out receives e_n, shape [dimension]. No allocation that grows. */
  write(context: RoutingContext, out: Float64Array): void {
    const width = this.#design.dimension
    this.#design.write(context, out.length === width ? out : out.subarray(0, width))
    if (this.#projection !== undefined) {
      this.#projection.project(context.embedding, this.#projected)
      const scale = blockScale * Math.sqrt(this.#projected.length)
      for (let j = 0; j < this.#projected.length; j++) out[width + j] = scale * this.#projected[j]!
    }
    for (let j = 0; j < out.length; j++) out[j]! *= this.#scale
  }

  /** Row-major [contexts × dimension]. */
  matrix(contexts: readonly RoutingContext[]): Float64Array {
    const x = new Float64Array(contexts.length * this.dimension)
    contexts.forEach((context, row) => {
      this.write(context, x.subarray(row * this.dimension, (row + 1) * this.dimension))
    })
    return x
  }
}
