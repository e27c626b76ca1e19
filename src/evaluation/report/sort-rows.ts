import type { ProtocolName, ResultRow, SettingValue } from '../evaluation-result.ts'
import { metricDescription, protocolMetrics } from './metric-descriptions.ts'

/**
 * Rows from best to worst by the protocol's main metric, the rows of one policy together by rising `rowKeys`; rows
 * without the metric come last, in their own order.
 */
export function sortRows(
  protocol: ProtocolName,
  rows: readonly ResultRow[],
  rowKeys: readonly string[],
): readonly ResultRow[] {
  const metric = protocolMetrics[protocol][0]
  const factor = metricDescription(metric).better === 'lower' ? -1 : 1
  const merit = (row: ResultRow): number => {
    const mean = row.metrics[metric]?.mean
    return mean !== undefined && Number.isFinite(mean) ? factor * mean : Number.NEGATIVE_INFINITY
  }
  const best = new Map<string, number>()
  // Policies keep their rows together: a tie is broken by who came first.
  for (const row of rows) best.set(row.policy, Math.max(merit(row), best.get(row.policy) ?? Number.NEGATIVE_INFINITY))
  const place = new Map([...best.keys()].map((policy, index) => [policy, index]))
  return [...rows].sort((a, b) => {
    if (a.policy !== b.policy) {
      return compare(best.get(b.policy)!, best.get(a.policy)!) || compare(place.get(a.policy)!, place.get(b.policy)!)
    }
    for (const key of rowKeys) {
      const order = compareValues(a.setting[key], b.setting[key])
      if (order !== 0) return order
    }
    return compare(merit(b), merit(a))
  })
}

/** A row without the key comes first, numbers by size. */
function compareValues(a: SettingValue | undefined, b: SettingValue | undefined): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  return typeof a === 'number' && typeof b === 'number' ? compare(a, b) : 0
}

/** Also for two infinities, whose difference is not a number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
