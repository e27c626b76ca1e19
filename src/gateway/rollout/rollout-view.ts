import type { RolloutTrial } from '../../proof/promotion/rollout-trial.ts'
import type { PolicyRollout, RolloutEvent } from '../../routing/policy-store.ts'

/** Where a candidate stands, for people. */
export interface RolloutView {
  readonly rollout: PolicyRollout
  /** Of the candidate on trial, or of one that was held; undefined: there is none, or it was never asked. */
  readonly trial: RolloutTrial | undefined
  /** Mean time that asking it adds to a decision, as far as this process saw; undefined: not asked yet. */
  readonly addedDecisionMs: number | undefined
  /** Newest first. */
  readonly events: readonly RolloutEvent[]
}

/** Whoever runs trials, as those who look at them need it. */
export interface RolloutWatch {
  view(): Promise<RolloutView>
  /** What this process knows of the trial under way, for metrics; nothing where there is none. */
  figures(): readonly (readonly [name: string, value: number])[]
}
