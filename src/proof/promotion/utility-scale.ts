/** In which money one unit of utility is counted (mathematics §5). */
export interface UtilityScale {
  /** The owner's λ ≥ 0. */
  readonly lambda: number
  /** C_ref of the serving version, USD > 0, also for what the candidate chooses: both are measured with one rule. */
  readonly costReferenceUsd: number
}

/** An answer's cost counts up to this many C_ref, which is the mean cost of the dearest LLM: a bounded test needs bounded outcomes. */
export const largestCost = 2

/** λ/(1+λ)·q − min(c/C_ref, 2)/(1+λ) */
export function realisedUtility(quality: number, costUsd: number, { lambda, costReferenceUsd }: UtilityScale): number {
  return (lambda * quality - Math.min(largestCost, costUsd / costReferenceUsd)) / (1 + lambda)
}

/** R: between the best and the worst utility there can be. */
export function utilityRange({ lambda }: UtilityScale): number {
  return (lambda + largestCost) / (1 + lambda)
}
