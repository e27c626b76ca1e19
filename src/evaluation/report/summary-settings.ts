import type { ResultRow } from '../evaluation-result.ts'
import { metricDescription } from './metric-descriptions.ts'
import type { Setting, SettingGroup } from './setting-groups.ts'

/** A table in which the subject of the summary has the protocol's main metric. */
export interface PlayedSetting {
  readonly setting: Setting
  /** Routers and baselines that have the metric, the leader first; of each policy its row without variants. */
  readonly ranked: readonly ResultRow[]
  readonly references: readonly ResultRow[]
  /** Of the subject in `ranked`, from 0. */
  readonly place: number
  readonly own: ResultRow
}

/** The settings in which `subject` has `metric`. */
export function playedSettings(
  groups: readonly SettingGroup[],
  subject: string,
  metric: string,
): readonly PlayedSetting[] {
  return groups.flatMap((group): PlayedSetting[] => {
    const plain = plainRows(group.rows.filter((row) => Number.isFinite(row.metrics[metric]?.mean)))
    const ranked = plain
      .filter((row) => row.kind !== 'reference')
      .sort((a, b) => (isAhead(a, b, metric) ? -1 : isAhead(b, a, metric) ? 1 : 0))
    const place = ranked.findIndex((row) => row.policy === subject)
    if (place === -1) return []
    const references = plain.filter((row) => row.kind === 'reference')
    return [{ setting: group.setting, ranked, references, place, own: ranked[place]! }]
  })
}

/** Whether the mean of `row` is better than that of `other`; both have the metric. */
export function isAhead(row: ResultRow, other: ResultRow, metric: string): boolean {
  const difference = row.metrics[metric]!.mean - other.metrics[metric]!.mean
  return metricDescription(metric).better === 'lower' ? difference < 0 : difference > 0
}

/** The row of each policy that says least about its setting: variants do not stand for a policy. */
function plainRows(rows: readonly ResultRow[]): ResultRow[] {
  const plain = new Map<string, ResultRow>()
  for (const row of rows) {
    const known = plain.get(row.policy)
    if (known === undefined || Object.keys(row.setting).length < Object.keys(known.setting).length)
      plain.set(row.policy, row)
  }
  return [...plain.values()]
}
