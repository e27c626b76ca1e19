import type { Comparison, EvaluationResult, ProtocolName } from '../evaluation-result.ts'
import { isCeiling, isToldPolicy } from './ceilings.ts'
import { formatDifference, formatRange } from './format-number.ts'
import { type ComparisonReading, flipComparison, judgeComparison } from './judge-comparison.ts'
import { comparisonMetrics, metricDescription } from './metric-descriptions.ts'
import { formatSetting, groupBySetting, settingKey, without } from './setting-groups.ts'
import { isControl } from './summary-settings.ts'
import { differences, listed } from './summary-values.ts'

const mostNames = 8

/**
 * Every paired comparison of the subject with another policy, seen from the subject. A pair that was compared from both
 * sides counts once; a variant of the other policy bears its setting in its name, variants of the subject are left out.
 */
export function comparisonsOf(result: EvaluationResult, subject: string): readonly Comparison[] {
  const { variantKeys } = groupBySetting(result.results)
  const rowKeys = new Set(result.results.flatMap((row) => Object.keys(row.setting)))
  const ceilings = new Set(result.results.filter(isCeiling).map((row) => row.policy))
  const seen = new Map<string, Comparison>()
  for (const entry of result.comparisons) {
    if (entry.policy === entry.against || ![entry.policy, entry.against].includes(subject)) continue
    // A key that no row has says how it was compared: several tests of one difference count once, the first.
    const dropped = [...variantKeys, ...Object.keys(entry.setting).filter((key) => !rowKeys.has(key))]
    const variant = Object.entries(entry.setting).filter(([key]) => variantKeys.includes(key))
    if (variant.length > 0 && entry.policy === subject) continue
    const own = entry.policy === subject ? entry : flipComparison(entry)
    if (isToldPolicy(own.against) || ceilings.has(own.against) || isControl(own.setting)) continue
    const against =
      variant.length === 0 ? own.against : `${own.against} (${formatSetting(Object.fromEntries(variant))})`
    const named = { ...own, against, setting: without(own.setting, dropped) }
    const key = `${against} ${own.metric} ${settingKey(named.setting)}`
    if (!seen.has(key)) seen.set(key, named)
  }
  return [...seen.values()]
}

/** Of each setting the comparisons in the one metric that judges it best. */
export function mainComparisons(compared: readonly Comparison[], protocol: ProtocolName): readonly Comparison[] {
  const rank = (metric: string): number => {
    const place = comparisonMetrics[protocol].indexOf(metric)
    return place === -1 ? Number.POSITIVE_INFINITY : place
  }
  const best = new Map<string, number>()
  for (const entry of compared) {
    const key = settingKey(entry.setting)
    best.set(key, Math.min(rank(entry.metric), best.get(key) ?? Number.POSITIVE_INFINITY))
  }
  return compared.filter((entry) => {
    const place = rank(entry.metric)
    return Number.isFinite(place) && place === best.get(settingKey(entry.setting))
  })
}

/** One sentence per metric that names the policies with this reading, the closest first for `better`, else the worst. */
export function readingLines(compared: readonly Comparison[], reading: ComparisonReading, words: string): string[] {
  const metrics = [...new Set(compared.map((entry) => entry.metric))]
  return metrics.flatMap((metric) => {
    const ofMetric = compared.filter((entry) => entry.metric === metric)
    const against = new Map<string, Comparison[]>()
    for (const entry of ofMetric) {
      if (judgeComparison(entry) !== reading) continue
      against.set(entry.against, [...(against.get(entry.against) ?? []), entry])
    }
    if (against.size === 0) return []
    const sign = metricDescription(metric).better === 'lower' ? -1 : 1
    const merit = (entries: readonly Comparison[]): number =>
      sign * Math.min(...entries.map((entry) => sign * entry.difference.mean))
    const names = [...against.entries()]
      .sort((a, b) => sign * (merit(a[1]) - merit(b[1])))
      .map(([name, entries]) => opponent(name, entries, ofMetric.filter((entry) => entry.against === name).length))
    return [`${metricDescription(metric).label}: ${words} ${listed(names, mostNames)}.`]
  })
}

function opponent(name: string, entries: readonly Comparison[], total: number): string {
  const { metric, difference } = entries[0]!
  if (total === 1) {
    const range = formatRange(difference.low, difference.high, (end) => formatDifference(metric, end))
    return `\`${name}\` (${formatDifference(metric, difference.mean)}${range === '' ? '' : ` ${range}`})`
  }
  const means = entries.map((entry) => entry.difference.mean)
  return `\`${name}\` (in ${entries.length} of ${total} settings, ${differences(metric, means)})`
}
