import type { RolloutEvent } from '../../routing/policy-store.ts'
import type { RolloutView } from '../rollout/rollout-view.ts'
import { isoTime } from './iso-time.ts'

/** Which version serves, and how the one on trial does. Null is not known. */
export type RolloutBody = ReturnType<typeof toRolloutBody>

export function toRolloutBody({ rollout, trial, addedDecisionMs, events }: RolloutView) {
  const { candidate, servingId, trials } = rollout
  return {
    object: 'rollout' as const,
    serving: servingId ?? null,
    candidates_tried: trials,
    candidate:
      candidate === undefined
        ? null
        : {
            id: candidate.id,
            phase: candidate.phase,
            since: isoTime(candidate.sinceMs),
            reason: candidate.reason ?? null,
            trial: candidate.trial,
            shadow: trial === undefined ? null : toShadowBody(trial.shadow),
            canary: trial === undefined || trial.phase === 'shadow' ? null : toCanaryBody(trial),
            added_decision_ms: addedDecisionMs ?? null,
          },
    events: events.map(toEventBody),
  }
}

function toShadowBody(shadow: NonNullable<RolloutView['trial']>['shadow']) {
  return {
    decisions: shadow.decisions,
    agreement: shadow.agreement,
    expected_cost_ratio: shadow.costRatio ?? null,
    expected_quality_difference: shadow.qualityDifference,
  }
}

function toCanaryBody({ share, test, heardMs }: NonNullable<RolloutView['trial']>) {
  return {
    share,
    units: test.units,
    max_units: test.options.maxUnits,
    e_value: test.eValue,
    e_value_needed: test.eValueNeeded,
    gain: test.gain ?? null,
    lower_bound: test.bounds.lower ?? null,
    upper_bound: test.bounds.upper ?? null,
    verdict: test.verdict,
    no_feedback_since: heardMs === undefined ? null : isoTime(heardMs),
  }
}

function toEventBody({ atMs, version, kind, detail }: RolloutEvent) {
  return { at: isoTime(atMs), version, kind, detail }
}
