import type { Comparison, Interval, ProtocolName } from '../evaluation-result.ts'
import { formatDifference, formatMetric, formatMetricEnd, formatRange, formatShare } from './format-number.ts'
import { judgeComparison } from './judge-comparison.ts'
import { metricDescription } from './metric-descriptions.ts'
import { formatSetting } from './setting-groups.ts'
import { isAhead, type PlayedSetting } from './summary-settings.ts'

const mostNames = 6

/** What a metric of the subject means to a user, by protocol; `text` is a value, or values over several settings. */
const sentences: Readonly<Record<ProtocolName, readonly (readonly [string, (text: string) => string])[]>> = {
  static: [
    ['costAt95', (text) => `95 % of the best single LLM’s quality costs ${text} of what that LLM costs.`],
    ['costAt9725', (text) => `97.25 % of its quality costs ${text}.`],
    ['qncOwn', (text) => `All of its quality costs ${text}.`],
  ],
  unseen: [],
  start: [],
  stream: [],
  drift: [['oracleShare', (text) => `Its mean quality is ${text} of the oracle’s.`]],
  pair: [
    ['cpt50', (text) => `Half of the quality gap is recovered with ${text} of calls to the strong LLM.`],
    ['cpt80', (text) => `80 % of the gap with ${text}.`],
  ],
}

/** What the subject reaches, in the terms of a user. */
export function attainments(played: readonly PlayedSetting[], protocol: ProtocolName): string[] {
  return sentences[protocol].flatMap(([metric, words]) => {
    const found = played
      .map((setting) => setting.own.metrics[metric])
      .filter((interval) => interval !== undefined && Number.isFinite(interval.mean))
    // Without a high end some replicates never get there, at any cost: the mean alone would promise that they do.
    if (metric === 'qncOwn' && found.some((interval) => interval!.high === null)) return []
    if (found.length === 0) return []
    if (found.length === 1) return [words(withInterval(metric, found[0]!))]
    return [words(spread(metric, found as Interval[])).replace(/\.$/, ` (over ${found.length} settings).`)]
  })
}

/** How much of what lies between routing blindly and knowing every outcome the subject attains. */
export function headroom(played: readonly PlayedSetting[], metric: string): string[] {
  const shares = played.flatMap(({ setting, own, references }) => {
    const mean = (policy: string): number | undefined =>
      references.find((row) => row.policy === policy)?.metrics[metric]?.mean
    const [floor, ceiling] = [mean('zero-router'), mean('oracle')]
    if (floor === undefined || ceiling === undefined || !(ceiling > floor)) return []
    return [{ setting, floor, ceiling, share: (own.metrics[metric]!.mean - floor) / (ceiling - floor) }]
  })
  const above = shares.filter(({ share }) => share > 0)
  if (above.length === 0) return []
  const { label } = metricDescription(metric)
  const single = shares.length === 1 ? shares[0]! : undefined
  const value = (number: number | undefined): string =>
    number === undefined ? '' : `, ${formatMetric(metric, number)}`
  const low = formatShare(Math.min(...above.map(({ share }) => share)), 0)
  const high = formatShare(Math.max(...above.map(({ share }) => share)), 0)
  const amount = low === high ? low : `${low} to ${high}`
  const named = above.length === 1 && played.length > 1 ? formatSetting(above[0]!.setting) : ''
  const of = single === undefined ? `, in ${above.length} of ${shares.length} settings` : ''
  const where = `${of}${named === '' ? '' : ` (${named})`}`
  return [
    `By ${label} it covers ${amount} of the way from mixtures of fixed LLMs (\`zero-router\`${value(single?.floor)}) to knowing every outcome (\`oracle\`${value(single?.ceiling)})${where}.`,
  ]
}

/** References that the subject should beat and does not, by the means. */
export function missedReferences(played: readonly PlayedSetting[], metric: string): string[] {
  return ['zero-router', 'best-single', 'cheapest', 'random'].flatMap((name) => {
    const missed = played.flatMap(({ own, references }) => {
      const reference = references.find((row) => row.policy === name)
      if (reference === undefined || !isAhead(reference, own, metric)) return []
      return [own.metrics[metric]!.mean - reference.metrics[metric]!.mean]
    })
    if (missed.length === 0) return []
    const { label } = metricDescription(metric)
    const met = played.filter(({ references }) => references.some((row) => row.policy === name)).length
    const where = played.length === 1 ? '' : `, in ${missed.length} of ${met} settings`
    return [
      `Its mean ${label} is behind \`${name}\`, which does not look at the prompt${where}: by ${differences(metric, missed)}.`,
    ]
  })
}

/** Policies ahead of the subject by the mean that no comparison decides. */
export function leaders(played: readonly PlayedSetting[], metric: string, compared: readonly Comparison[]): string[] {
  const decided = new Set(
    compared
      .filter((entry) => entry.metric === metric && judgeComparison(entry) === 'worse')
      .map((entry) => entry.against),
  )
  const ahead = new Map<string, number[]>()
  for (const { ranked, place, own } of played) {
    for (const row of ranked.slice(0, place)) {
      if (decided.has(row.policy)) continue
      const difference = row.metrics[metric]!.mean - own.metrics[metric]!.mean
      ahead.set(row.policy, [...(ahead.get(row.policy) ?? []), difference])
    }
  }
  if (ahead.size === 0) return []
  const names = [...ahead]
    .sort((a, b) => b[1].length - a[1].length)
    .map(([policy, found]) => {
      const where = played.length === 1 ? '' : `, in ${found.length} of ${played.length} settings`
      return `\`${policy}\` (${differences(metric, found)}${where})`
    })
  return [
    `Ahead of it by the mean ${metricDescription(metric).label}, though not beyond chance or not compared: ${listed(names, mostNames)}.`,
  ]
}

/** A value with its interval, where it has one. */
export function withInterval(metric: string, interval: Interval): string {
  const range = formatRange(interval.low, interval.high, (end) => formatMetricEnd(metric, end))
  return range === '' ? formatMetric(metric, interval.mean) : `${formatMetric(metric, interval.mean)} ${range}`
}

/** The smallest and the largest of some differences, or the one there is. */
export function differences(metric: string, found: readonly number[]): string {
  const low = formatDifference(metric, Math.min(...found))
  const high = formatDifference(metric, Math.max(...found))
  return low === high ? low : `${low} to ${high}`
}

/** The first names, and how many more there are. */
export function listed(names: readonly string[], most: number): string {
  const rest = names.length - most
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ')
}

function spread(metric: string, found: readonly Interval[]): string {
  const means = found.map((interval) => interval.mean)
  const [low, high] = [Math.min(...means), Math.max(...means)].map((mean) => formatMetric(metric, mean))
  return low === high ? low! : `${low} to ${high}`
}
