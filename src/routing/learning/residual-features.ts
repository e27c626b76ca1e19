import type { RoutingContext } from '../embedding/routing-context.ts'

/** Leading embedding directions the correction may depend on; an LSA orders them by how much text they explain. */
const embeddingDirections = 32

/** d of {@link writeResidualFeatures}. */
export const residualDimension = 1 + embeddingDirections

/**
 * z = [1 ‖ √d·e₁…e₃₂]: a level and the leading directions of the embedding, scaled so that an average entry has
 * magnitude 1 whatever the embedding's length.
 *
 * @param z receives z, shape [residualDimension].
 */
export function writeResidualFeatures(context: RoutingContext, z: Float64Array): void {
  const { embedding } = context
  const scale = Math.sqrt(embedding.length)
  z[0] = 1
  for (let i = 0; i < embeddingDirections; i++) z[i + 1] = i < embedding.length ? scale * embedding[i]! : 0
}
