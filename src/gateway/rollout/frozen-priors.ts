import type { LoggedDecision } from '../../routing/decision-store.ts'
import type { RoutingPolicy } from '../../routing/routing-policy.ts'

/**
 * q̂ of a logged request as the serving version was fitted, over the decision's candidates; NaN where it knows nothing. Learned by nobody
 * since, and from the stored context: the same whichever version served. Where the two versions see requests by different embedders, the stored
 * context would tell the arms apart, and nothing is known of any.
 */
export function frozenPriors(
  serving: RoutingPolicy,
  candidate: RoutingPolicy,
): (logged: LoggedDecision) => Float64Array {
  const { fitted, embedder } = serving
  const llms = fitted?.quality.llms ?? []
  const places = new Map(llms.map((id, place) => [id, place]))
  const quality = new Float64Array(llms.length)
  return ({ decision: { context, candidates } }) => {
    const isKnown = context.embedderId === embedder.id && candidate.embedder.id === embedder.id
    if (fitted === undefined || !isKnown || context.embedding.length === 0) {
      return new Float64Array(candidates.length).fill(Number.NaN)
    }
    fitted.quality.predict(context, quality)
    return Float64Array.from(candidates, ({ llm }) => quality[places.get(llm) ?? -1] ?? Number.NaN)
  }
}
