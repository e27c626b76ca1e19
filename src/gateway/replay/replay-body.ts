import type { EstimatedMean } from '../../proof/off-policy/clustered-mean.ts'
import type { Comparison, EstimatorResult, TargetEstimate } from '../../proof/off-policy/estimate-target.ts'
import { knownResult } from '../../proof/off-policy/known-result.ts'
import type { ReplayReport } from '../../proof/off-policy/replay-log.ts'
import type { TargetSupport } from '../../proof/off-policy/target-support.ts'
import { verdictWords } from '../../proof/off-policy/verdict-words.ts'
import { isoTime } from '../wire/iso-time.ts'

/** What `POST /admin/replay` answers and `pointsman replay --json` prints; null is not known. */
export type ReplayBody = ReturnType<typeof toReplayBody>

export function toReplayBody({ log, scale, targets }: ReplayReport) {
  return {
    object: 'replay' as const,
    lambda: scale.lambda,
    cost_reference_usd: scale.costReferenceUsd,
    log: {
      decisions: log.decisions,
      named: log.named,
      unsettled: log.unsettled,
      labelled: log.labelled,
      billed: log.billed,
      first_at: isoTime(log.firstAtMs),
      last_at: isoTime(log.lastAtMs),
    },
    targets: targets.map(({ name, estimate }) => ({
      name,
      verdict: toVerdictBody(estimate),
      ...(estimate === undefined ? emptyEstimate : toEstimateBody(estimate)),
    })),
  }
}

function toVerdictBody(estimate: TargetEstimate | undefined) {
  const verdict = estimate?.verdict
  return {
    kind: verdict?.kind ?? ('unknown' as const),
    text: verdictWords(estimate),
    refusals: (verdict?.refusals ?? []).map(({ reason, of, found, needed }) => ({ reason, of, found, needed })),
  }
}

const emptyEstimate = {
  decisions: 0,
  conversations: 0,
  changed_share: null,
  off_favourite_share: null,
  support: null,
  estimates: [],
}

function toEstimateBody(estimate: TargetEstimate) {
  return {
    decisions: estimate.rows,
    conversations: estimate.clusters,
    changed_share: estimate.distance.changed,
    off_favourite_share: estimate.distance.offFavourite,
    support: { quality: toSupportBody(estimate.qualitySupport), cost: toSupportBody(estimate.costSupport) },
    estimates: estimate.results.map((result) => toResultBody(knownResult(estimate, result))),
  }
}

function toSupportBody(support: TargetSupport) {
  return {
    known: support.known,
    hits: support.hits,
    expected_hits: support.expectedHits,
    effective_rows: support.effectiveRows,
    expected_effective_rows: support.expectedEffectiveRows,
    largest_weight_share: support.largestWeight,
    expected_contrast: support.expectedContrast,
    unsupported_share: support.unsupported,
  }
}

function toResultBody({ estimator, quality, costUsd, utility }: EstimatorResult) {
  return {
    estimator,
    quality: toComparisonBody(quality),
    cost_usd: toComparisonBody(costUsd),
    utility: toComparisonBody(utility),
  }
}

function toComparisonBody(comparison: Comparison | undefined) {
  if (comparison === undefined) return null
  const { target, served, difference } = comparison
  return { target: toMeanBody(target), served: toMeanBody(served), difference: toMeanBody(difference) }
}

function toMeanBody({ value, low, high, standardError }: EstimatedMean) {
  return { value: known(value), low: known(low), high: known(high), standard_error: known(standardError) }
}

/** JSON has no infinities. */
function known(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
