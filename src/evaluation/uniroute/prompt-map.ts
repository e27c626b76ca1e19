import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'

/** Φ: how much a prompt belongs to each cluster (arXiv:2502.08773, section 5). */
export interface PromptMap {
  /** K. */
  readonly clusters: number
  /** @param phi receives Φ(x), shape [clusters]: non-negative, sums to 1. */
  write(context: RoutingContext, phi: Float64Array): void
  snapshot(): SnapshotData
}
