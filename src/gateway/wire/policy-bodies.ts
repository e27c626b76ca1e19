import type { RolloutEvent } from '../../routing/policy-store.ts'
import type { PolicyDiff } from '../../training/policy-desk.ts'
import type { ListedPolicy, LlmReport, PolicyList, PolicyReport } from '../../training/policy-report.ts'
import type { LastRefit, RefitScheduler } from '../../training/refit-scheduler.ts'
import { isoTime } from './iso-time.ts'

/** `GET /admin/policies`; unknown is null. */
export function toListBody(
  { servingId, versions, events }: PolicyList,
  { progress: refit, last }: Pick<RefitScheduler, 'progress' | 'last'>,
) {
  return {
    object: 'policies',
    serving: servingId ?? null,
    versions: versions.map(toVersion),
    events: events.map(toEvent),
    refit:
      refit === undefined
        ? null
        : {
            since: isoTime(refit.sinceMs),
            phase: refit.progress?.phase ?? 'reading the log',
            done: refit.progress?.done ?? 0,
            total: refit.progress?.total ?? null,
          },
    last_refit: last === undefined ? null : toLastRefit(last),
  }
}

/** What made one fail is for the gateway's log. */
function toLastRefit({ endedMs, end }: LastRefit) {
  return {
    ended: isoTime(endedMs),
    status: end.status,
    version: end.status === 'done' ? end.version : null,
    reason: end.status === 'refused' ? end.reason : null,
  }
}

export function toReportBody(report: PolicyReport) {
  return {
    object: 'policy',
    ...toVersion(report),
    cost_reference_usd: report.costReferenceUsd,
    weights: report.weights ?? null,
    trust: report.trust ?? null,
    guard:
      report.guard === undefined ? null : { regions: report.guard.regions, serving_hull: report.guard.servingHull },
    learned_through: report.learnedThrough ?? 0,
    llms: report.llms.map(toLlm),
    events: report.events.map(toEvent),
  }
}

export function toDiffBody({ before, after, llms, choices }: PolicyDiff) {
  return {
    object: 'policy_diff',
    before: toReportBody(before),
    after: toReportBody(after),
    llms: llms.map(({ id, before: from, after: to }) => ({
      id,
      before: from === undefined ? null : toLlm(from),
      after: to === undefined ? null : toLlm(to),
    })),
    choices: {
      requests: choices.requests,
      agreement: choices.agreement ?? null,
      quality: choices.quality ?? null,
      cost_usd: choices.costUsd ?? null,
    },
  }
}

function toVersion(version: ListedPolicy) {
  const { candidate } = version
  return {
    id: version.id,
    created_at: isoTime(version.createdAtMs),
    origin: version.origin ?? 'fit',
    parent: version.parentId ?? null,
    labels_through: version.throughSequence ?? 0,
    embedder: version.embedderId,
    description: version.description,
    serving: version.isServing,
    candidate:
      candidate === undefined
        ? null
        : {
            phase: candidate.phase,
            reason: candidate.reason ?? null,
            trial: candidate.trial,
            since: isoTime(candidate.sinceMs),
          },
  }
}

function toLlm({ id, source, labels, meanQuality, noise, meanCostUsd }: LlmReport) {
  return { id, source, labels, mean_quality: meanQuality, noise, mean_cost_usd: meanCostUsd ?? null }
}

function toEvent({ atMs, version, kind, detail }: RolloutEvent) {
  return { at: isoTime(atMs), version, kind, detail }
}
