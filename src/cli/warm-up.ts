import type { RoutingDecision } from '../routing/decision.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import type { Router } from '../routing/router.ts'

/**
 * Answers over all LLMs. One that gave 200 of them keeps e^−4, less than 2 %, of what an estimate started from; one that
 * is seldom called keeps more.
 */
const settlementsToReplay = 2000

/** Teaches cost and completion-time estimates what the last process had seen, in the order in which answers were settled. */
export async function warmUp(router: Router, decisions: Pick<DecisionStore, 'recentSettlements'>): Promise<void> {
  const { version } = router.policy
  for (const { decision, settlement } of await decisions.recentSettlements(settlementsToReplay)) {
    if (settlement?.answered === undefined) continue
    router.recordOutcome(decision.policyVersion === version ? decision : withoutEstimates(decision), settlement)
    const { answered, timeToFirstTokenMs, completionMs, usage } = settlement
    router.callStarted(answered)
    router.callEnded(answered, {
      timeToFirstTokenMs,
      completionMs,
      outputTokens: usage?.outputTokens,
      inFlightAtStart: undefined,
    })
  }
}

/** A bill says nothing of a version that did not predict it; the answer's length still counts. */
function withoutEstimates(decision: RoutingDecision): RoutingDecision {
  return { ...decision, candidates: [] }
}
