import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { addGramMatrix } from '../../routing/numeric/matrix.ts'
import { symmetricEigen } from '../../routing/numeric/symmetric-eigen.ts'

/**
 * x = [whitened principal components of the embedding ‖ 1], the context of linear bandits: each component is divided by
 * its standard deviation on the rows fitted on.
 */
export class PrincipalFeatures {
  /** d, the bias included. */
  readonly dimension: number
  readonly #center: Float64Array
  /** Row-major, components × embedding dimension; each row divided by the component's deviation. */
  readonly #directions: Float64Array

  /**
   * @param contexts at least two. @param components at most as many as the embedding has; directions in which the rows do
   *   not vary are left out.
   */
  constructor(contexts: readonly RoutingContext[], components: number) {
    const width = contexts[0]!.embedding.length
    const n = contexts.length
    const center = new Float64Array(width)
    for (const { embedding } of contexts) for (let j = 0; j < width; j++) center[j]! += embedding[j]! / n
    const centred = new Float64Array(n * width)
    contexts.forEach(({ embedding }, row) => {
      for (let j = 0; j < width; j++) centred[row * width + j] = embedding[j]! - center[j]!
    })
    const gram = new Float64Array(width * width)
    addGramMatrix(centred, gram, n, width)
    const { values, vectors } = symmetricEigen(gram, width)
    const kept = Math.min(components, values.filter((value) => value > 1e-9 * values[0]!).length)
    this.dimension = kept + 1
    this.#center = center
    this.#directions = new Float64Array(kept * width)
    for (let i = 0; i < kept; i++) {
      const deviation = Math.sqrt(values[i]! / n)
      for (let j = 0; j < width; j++) this.#directions[i * width + j] = vectors[j * width + i]! / deviation
    }
  }

  /** @param x receives the features, shape [dimension]. */
  write(context: RoutingContext, x: Float64Array): void {
    const { embedding } = context
    const width = embedding.length
    for (let i = 0; i < this.dimension - 1; i++) {
      let sum = 0
      for (let j = 0; j < width; j++) sum += this.#directions[i * width + j]! * (embedding[j]! - this.#center[j]!)
      x[i] = sum
    }
    x[this.dimension - 1] = 1
  }
}
