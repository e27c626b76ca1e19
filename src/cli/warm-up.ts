import type { DecisionStore } from '../routing/decision-store.ts'
import type { Router } from '../routing/router.ts'

/** Enough for every estimate to forget where it started. */
const settlementsToReplay = 2000

/** Teaches cost and completion-time estimates what the last process had seen. */
export async function warmUp(router: Router, decisions: DecisionStore): Promise<void> {
  for (const { decision, settlement } of await decisions.recentSettlements(settlementsToReplay)) {
    if (settlement?.answered === undefined) continue
    router.recordOutcome(decision, settlement)
    const { answered, timeToFirstTokenMs, completionMs, usage } = settlement
    router.callStarted(answered)
    router.callEnded(answered, { timeToFirstTokenMs, completionMs, outputTokens: usage?.outputTokens })
  }
}
