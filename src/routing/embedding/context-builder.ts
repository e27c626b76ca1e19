import type { RoutingRequest } from '../request.ts'
import type { Embedder } from './embedder.ts'
import { explicitFeatureNames, writeExplicitFeatures } from './explicit-features.ts'
import type { RoutingContext } from './routing-context.ts'

/**
 * What the predictors see of a request: the embedding of the user's own text and the explicit features.
 * @returns the context itself when the embedder is synchronous, else a promise that fails as the embedder does.
 */
export function buildContext(embedder: Embedder, request: RoutingRequest): RoutingContext | Promise<RoutingContext> {
  const explicit = new Float32Array(explicitFeatureNames.length)
  writeExplicitFeatures(request, explicit)
  const embedding = embedder.embed(request.userText)
  const embedderId = embedder.id
  return embedding instanceof Float32Array
    ? { embedderId, embedding, explicit }
    : embedding.then((settled) => ({ embedderId, embedding: settled, explicit }))
}
