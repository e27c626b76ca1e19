import type { ResultRow } from '../evaluation-result.ts'
import { isContender } from './ceilings.ts'
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

/** The settings in which `subject` has `metric`; controls, in which nothing is to be gained, are none. */
export function playedSettings(
  groups: readonly SettingGroup[],
  subject: string,
  metric: string,
): readonly PlayedSetting[] {
  return groups.flatMap((group): PlayedSetting[] => {
    if (isControl(group.setting)) return []
    const plain = plainRows(group).filter((row) => Number.isFinite(row.metrics[metric]?.mean))
    const ranked = plain
      .filter(isContender)
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

/** Of each policy the row that is nearest to the table's own setting: variants do not stand for a policy. */
export function plainRows(group: SettingGroup): ResultRow[] {
  const plain = new Map<string, ResultRow>()
  for (const row of group.rows) {
    const known = plain.get(row.policy)
    if (known === undefined || distance(row.setting, group.setting) < distance(known.setting, group.setting))
      plain.set(row.policy, row)
  }
  return [...plain.values()]
}

/** Whether a setting is a control, such as predictions of other prompts. */
export function isControl(setting: Setting): boolean {
  return setting.control !== undefined && setting.control !== null
}

/** Keys that two settings do not share, or of which they say different things. */
function distance(a: Setting, b: Setting): number {
  const differing = (from: Setting, to: Setting): number =>
    Object.entries(from).filter(([key, value]) => !Object.hasOwn(to, key) || to[key] !== value).length
  return differing(a, b) + differing(b, a)
}
