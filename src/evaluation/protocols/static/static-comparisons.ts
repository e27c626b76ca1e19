import type { Comparison, Interval } from '../../evaluation-result.ts'
import { bootstrapPValue, holm, percentileInterval } from '../../metrics/interval.ts'
import type { StaticMetric } from '../../metrics/static-metrics.ts'
import type { JoinedRow } from './joined-row.ts'

/** What policies are compared by. */
export const comparedMetrics = [
  'aiq',
  'aiqToBest',
  'peakQuality',
  'qualityAt25',
] as const satisfies readonly StaticMetric[]

export interface PairedDifference {
  readonly difference: Interval
  readonly p: number | null
}

/**
 * One row minus another, replicate by replicate; undefined where either lacks the metric.
 *
 * @param againstName the other row's metric, where it is not the same.
 */
export function pairedDifference(
  row: JoinedRow,
  against: JoinedRow,
  name: StaticMetric,
  againstName: StaticMetric = name,
): PairedDifference | undefined {
  const left = row.estimate(name)
  const right = against.estimate(againstName)
  if (left === undefined || right === undefined) return undefined
  const other = against.replicates(againstName)
  const differences = [...row.replicates(name)].map((value, replicate) => value - other[replicate]!)
  const difference = percentileInterval(left - right, differences)
  return { difference, p: difference.low === null ? null : bootstrapPValue(differences) }
}

/**
 * Every router and baseline against Pointsman and against both hulls of the fixed LLMs, and those hulls against Pointsman. Holm's
 * correction runs over all policies compared with the same row by the same metric. `setting` is that of the policy; a row
 * it is compared with that has a setting of its own is named with it, as in `zero-router (hull train)`.
 */
export function compareRows(rows: readonly JoinedRow[]): Comparison[] {
  const fitted = rows.filter((row) => row.kind !== 'reference')
  const hulls = rows.filter((row) => row.policy === 'zero-router')
  const pointsman = rows.find((row) => row.policy === 'pointsman')
  return [...(pointsman === undefined ? [] : [pointsman]), ...hulls].flatMap((against) => {
    const family = [...fitted, ...(against === pointsman ? hulls : [])].filter((row) => row !== against)
    return comparedMetrics.flatMap((metric) => compareFamily(family, against, metric))
  })
}

function compareFamily(family: readonly JoinedRow[], against: JoinedRow, metric: StaticMetric): Comparison[] {
  const found = family.flatMap((row) => {
    const paired = pairedDifference(row, against, metric)
    return paired === undefined ? [] : [{ row, ...paired }]
  })
  const tested = found.flatMap(({ p }) => p ?? [])
  const corrected = holm(tested)
  let next = 0
  return found.map(({ row, difference, p }) => ({
    policy: row.policy,
    against: against.label,
    setting: row.setting,
    metric,
    difference,
    p,
    pHolm: p === null ? null : corrected[next++]!,
  }))
}
