import type { AlarmBoard } from '../gateway/alarms/alarm-board.ts'
import type { DecisionStore } from '../routing/decision-store.ts'
import type { Router } from '../routing/router.ts'

/**
 * Answers over all LLMs. One that gave 200 of them keeps e^−4, less than 2 %, of what an estimate started from; one that
 * is seldom called keeps more.
 */
const settlementsToReplay = 2000

/** Teaches cost and completion-time estimates what the last process had seen, in the order in which answers were settled. */
export async function warmUp(
  router: Router,
  decisions: Pick<DecisionStore, 'recentSettlements'>,
  alarms?: Pick<AlarmBoard, 'settled'>,
): Promise<void> {
  for (const { decision, settlement } of await decisions.recentSettlements(settlementsToReplay)) {
    if (settlement?.answered === undefined) continue
    router.recordOutcome(decision, settlement)
    alarms?.settled(decision, settlement)
    const { answered, timeToFirstTokenMs, completionMs, usage } = settlement
    router.callStarted(answered)
    router.callEnded(answered, {
      timeToFirstTokenMs,
      completionMs,
      outputTokens: usage === undefined ? undefined : usage.outputTokens / decision.choices,
      inFlightAtStart: undefined,
    })
  }
}
