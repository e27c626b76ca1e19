import { type SpendCurve, spendCurve } from '../../routing/decision/budget-pacer.ts'
import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'

/**
 * What a request costs on average under each dual, by deciding the logged requests anew: of each the LLM with the highest utility when every price weighs ν more
 * (mathematics §18). Exploration, fallbacks and bills beyond their estimates are not in it: the pacer's correction learns what they come to.
 *
 * @param decisions routed ones; named LLMs are left out.
 * @param costReferenceUsd C_ref of the version that serves.
 * @returns undefined where nothing can be said: no decision whose costs are known.
 */
export function loggedSpendCurve(
  decisions: readonly RoutingDecision[],
  costReferenceUsd: number,
): SpendCurve | undefined {
  const usable = decisions.filter((decision) => !decision.pinned && decision.candidates.some(isPriced))
  if (usable.length === 0) return undefined
  return spendCurve((dual) => {
    let sum = 0
    for (const decision of usable) sum += costUnder(decision, dual, costReferenceUsd)
    return sum / usable.length
  })
}

function costUnder({ candidates, budgetDual }: RoutingDecision, dual: number, costReferenceUsd: number): number {
  const more = (dual - budgetDual) / costReferenceUsd
  let best = Number.NEGATIVE_INFINITY
  let costUsd = 0
  for (const candidate of candidates) {
    if (!isPriced(candidate)) continue
    const utility = candidate.utility - more * candidate.costUsd
    if (utility > best || (utility === best && candidate.costUsd < costUsd)) {
      best = utility
      costUsd = candidate.costUsd
    }
  }
  return costUsd
}

function isPriced(candidate: CandidateTerms): candidate is CandidateTerms & { readonly costUsd: number } {
  return candidate.costUsd !== undefined
}
