import type { Comparison, Interval } from '../../evaluation-result.ts'
import { bootstrapPValue, holm, percentileInterval } from '../../metrics/interval.ts'
import { bootstrapReplicates } from '../../metrics/prompt-bootstrap.ts'
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

/** One row minus another, replicate by replicate; undefined where either lacks the metric. */
export function pairedDifference(row: JoinedRow, against: JoinedRow, name: StaticMetric): PairedDifference | undefined {
  const left = row.estimate(name)
  const right = against.estimate(name)
  if (left === undefined || right === undefined) return undefined
  const other = against.replicates(name)
  const differences = [...row.replicates(name)].map((value, replicate) => value - other[replicate]!)
  const difference = percentileInterval(left - right, differences)
  return { difference, p: difference.low === null ? null : bootstrapPValue(differences) }
}

/** The row of the fixed LLMs picked on the training prompts, by its label. */
export const trainedHullLabel = 'zero-router (hull train)'

/**
 * Every router and baseline against Pointsman, and, by the gain of its sweep alone, against the hull of the LLMs picked on
 * the training prompts: metrics that read the sweep's own hull on the test prompts favour whoever has many settings to
 * keep the lucky ones of. Rows that saw test outcomes are left out. Holm's correction runs over all policies compared with
 * the same row by the same metric; with 1,000 replicates p is at least .002, so that a family of more than
 * {@link largestFamily} could not find anything. `setting` is that of the policy.
 */
export function compareRows(rows: readonly JoinedRow[]): Comparison[] {
  const fitted = rows.filter((row) => row.kind !== 'reference' && !row.isTold)
  const pointsman = fitted.find((row) => row.policy === 'pointsman')
  const others = fitted.filter((row) => row !== pointsman)
  const toPointsman =
    pointsman === undefined
      ? []
      : comparedMetrics.flatMap((metric) =>
          corrected(pointsman.label, metric, others, (row) => pairedDifference(row, pointsman, metric)),
        )
  return [...toPointsman, ...corrected(trainedHullLabel, 'sweepGain', fitted, gainOverHull)]
}

/** More policies held against one row, and no p is below .05 after Holm's correction. */
export const largestFamily = Math.floor((0.05 * (bootstrapReplicates + 1)) / 2)

/** The gain of a row's sweep with its p; undefined where it has none. */
export function gainOverHull(row: JoinedRow): PairedDifference | undefined {
  const difference = row.interval('sweepGain')
  if (difference === undefined) return undefined
  return { difference, p: difference.low === null ? null : bootstrapPValue([...row.replicates('sweepGain')]) }
}

function corrected(
  against: string,
  metric: StaticMetric,
  family: readonly JoinedRow[],
  differ: (row: JoinedRow) => PairedDifference | undefined,
): Comparison[] {
  const found = family.flatMap((row) => {
    const paired = differ(row)
    return paired === undefined ? [] : [{ row, ...paired }]
  })
  const tested = found.flatMap(({ p }) => p ?? [])
  const afterHolm = holm(tested)
  let next = 0
  return found.map(({ row, difference, p }) => ({
    policy: row.policy,
    against,
    setting: row.setting,
    metric,
    difference,
    p,
    pHolm: p === null ? null : afterHolm[next++]!,
  }))
}
