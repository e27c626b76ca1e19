import type { Comparison, EvaluationResult, Interval, ResultRow } from '../evaluation-result.ts'
import { formatDecimal, formatDifference, formatMetric, formatRange, formatShare } from './format-number.ts'
import { type ComparisonReading, flipComparison, judgeComparison } from './judge-comparison.ts'
import { metricDescription, protocolMetrics } from './metric-descriptions.ts'
import { formatSetting, groupBySetting, type SettingGroup } from './setting-groups.ts'

/** What a result says, in sentences. Names of policies stand between backticks. */
export interface ResultSummary {
  /** The policy the summary is about: `pointsman` where it was evaluated, else the router that leads. */
  readonly subject: string | undefined
  readonly headline: string
  /** What the subject reaches, and what it beats. */
  readonly gains: readonly string[]
  /** Where it loses, or does not win; never empty when there is a subject. */
  readonly losses: readonly string[]
}

/** Settings that get a sentence of their own; the others are counted. */
const mostSettings = 6
const mostNames = 6

/** Derives the plain-language summary from rows and comparisons alone, so that it cannot say more than they do. */
export function summariseResult(result: EvaluationResult): ResultSummary {
  const metric = protocolMetrics[result.protocol][0]
  const { groups } = groupBySetting(result.results)
  const ranked = groups.map((group) => rankGroup(group, metric)).filter((group) => group.rows.length > 0)
  const subject = chooseSubject(ranked)
  if (subject === undefined) {
    return { subject, headline: 'No policy that routes was evaluated: only reference rows.', gains: [], losses: [] }
  }
  const compared = comparisonsOf(result.comparisons, subject)
  const losses = [
    ...readingLines(compared, 'worse', 'worse, beyond chance, than'),
    ...ranked.flatMap((group) => belowReference(group, subject, metric)).slice(0, mostSettings),
    ...leaders(ranked, subject, metric, compared),
    ...readingLines(compared, 'even', 'not distinguishable from'),
    ...result.findings
      .filter((finding) => finding.verdict === 'refuted')
      .map((finding) => `Refuted on these data: ${finding.claim} (${finding.source})`),
  ]
  return {
    subject,
    headline: headlineOf(ranked, subject, metric),
    gains: [
      ...ranked.slice(0, mostSettings).flatMap((group) => attained(group, subject, result)),
      ...readingLines(compared, 'better', 'better, beyond chance (p < .05 after Holm’s correction), than'),
    ],
    losses:
      losses.length > 0 ? losses : ['In none of the comparisons above; a policy that was not run may still be better.'],
  }
}

interface RankedGroup {
  readonly group: SettingGroup
  /** Routers and baselines that have the metric, the leader first; the best row of each policy. */
  readonly rows: readonly ResultRow[]
}

function rankGroup(group: SettingGroup, metric: string): RankedGroup {
  const best = new Map<string, ResultRow>()
  for (const row of group.rows) {
    if (row.kind === 'reference' || !Number.isFinite(row.metrics[metric]?.mean)) continue
    const known = best.get(row.policy)
    if (known === undefined || leads(row, known, metric)) best.set(row.policy, row)
  }
  return { group, rows: [...best.values()].sort((a, b) => (leads(a, b, metric) ? -1 : leads(b, a, metric) ? 1 : 0)) }
}

function leads(row: ResultRow, other: ResultRow, metric: string): boolean {
  const difference = row.metrics[metric]!.mean - other.metrics[metric]!.mean
  return metricDescription(metric).better === 'lower' ? difference < 0 : difference > 0
}

function chooseSubject(ranked: readonly RankedGroup[]): string | undefined {
  const rows = ranked.flatMap((group) => group.rows)
  if (rows.some((row) => row.policy === 'pointsman')) return 'pointsman'
  return (rows.find((row) => row.kind === 'router') ?? rows[0])?.policy
}

function headlineOf(ranked: readonly RankedGroup[], subject: string, metric: string): string {
  const { label } = metricDescription(metric)
  const best = metricDescription(metric).better === 'lower' ? 'lowest' : 'highest'
  const played = ranked.filter((group) => group.rows.some((row) => row.policy === subject))
  if (played.length > 1) {
    const won = played.filter((group) => group.rows[0]!.policy === subject).length
    return `\`${subject}\` has the ${best} ${label} in ${won} of ${played.length} settings.`
  }
  const { rows } = played[0]!
  const place = rows.findIndex((row) => row.policy === subject)
  const own = withInterval(metric, rows[place]!.metrics[metric]!)
  if (rows.length === 1) return `\`${subject}\` has an ${label} of ${own}; nothing that routes was run beside it.`
  if (place === 0) {
    const next = rows[1]!
    return `\`${subject}\` has the ${best} ${label} of the ${rows.length} policies that route: ${own}; next is \`${next.policy}\` with ${formatMetric(metric, next.metrics[metric]!.mean)}.`
  }
  const first = rows[0]!
  return `\`${subject}\` is number ${place + 1} of ${rows.length} by ${label}, with ${own}; \`${first.policy}\` leads with ${withInterval(metric, first.metrics[metric]!)}.`
}

/** What the subject's row of a group says in the terms of a user. */
function attained(ranked: RankedGroup, subject: string, result: EvaluationResult): string[] {
  const row = ranked.rows.find((candidate) => candidate.policy === subject)
  if (row === undefined) return []
  const prefix = settingPrefix(ranked.group)
  const value = (metric: string): string | undefined => {
    const interval = row.metrics[metric]
    return interval !== undefined && Number.isFinite(interval.mean) ? withInterval(metric, interval) : undefined
  }
  const sentence = (metric: string, words: (text: string) => string): string[] => {
    const text = value(metric)
    return text === undefined ? [] : [`${prefix}${words(text)}`]
  }
  const byProtocol: Readonly<Record<EvaluationResult['protocol'], () => string[]>> = {
    static: () => [
      ...sentence('costAt95', (text) => `95 % of the best single LLM’s quality costs ${text} of that LLM’s cost.`),
      ...sentence('costAt9725', (text) => `97.25 % of it costs ${text}.`),
      ...sentence('qncOwn', (text) => `All of it costs ${text}.`),
    ],
    unseen: () => [],
    stream: () => [],
    drift: () => sentence('oracleShare', (text) => `It earns ${text} of the oracle’s reward.`),
    pair: () => [
      ...sentence('cpt50', (text) => `Half of the quality gap is recovered with ${text} of calls to the strong LLM.`),
      ...sentence('cpt80', (text) => `80 % of it with ${text}.`),
    ],
  }
  return [...headroom(ranked, subject, result), ...byProtocol[result.protocol]()]
}

/** How much of what lies between routing blindly and knowing every outcome the subject attains. */
function headroom(ranked: RankedGroup, subject: string, result: EvaluationResult): string[] {
  const metric = protocolMetrics[result.protocol][0]
  const mean = (policy: string): number | undefined =>
    ranked.group.rows.find((row) => row.policy === policy)?.metrics[metric]?.mean
  const own = ranked.rows.find((row) => row.policy === subject)?.metrics[metric]?.mean
  const [floor, ceiling] = [mean('zero-router'), mean('oracle')]
  if (own === undefined || floor === undefined || ceiling === undefined || !(ceiling > floor) || !(own > floor))
    return []
  const share = formatShare((own - floor) / (ceiling - floor), 0)
  const { label } = metricDescription(metric)
  return [
    `${settingPrefix(ranked.group)}By ${label} it covers ${share} of the way from mixtures of fixed LLMs (\`zero-router\`, ${formatMetric(metric, floor)}) to knowing every outcome (\`oracle\`, ${formatMetric(metric, ceiling)}).`,
  ]
}

/** References that the subject should beat and does not, by the means. */
function belowReference(ranked: RankedGroup, subject: string, metric: string): string[] {
  const row = ranked.rows.find((candidate) => candidate.policy === subject)
  if (row === undefined) return []
  return ['zero-router', 'best-single', 'cheapest', 'random'].flatMap((name) => {
    const reference = ranked.group.rows.find((candidate) => candidate.policy === name)
    const other = reference?.metrics[metric]
    if (
      reference === undefined ||
      other === undefined ||
      !Number.isFinite(other.mean) ||
      !leads(reference, row, metric)
    ) {
      return []
    }
    const difference = formatDifference(metric, row.metrics[metric]!.mean - other.mean)
    return [
      `${settingPrefix(ranked.group)}Its mean ${metricDescription(metric).label} is not above \`${name}\`, which does not look at the prompt: ${formatMetric(metric, row.metrics[metric]!.mean)} against ${formatMetric(metric, other.mean)} (${difference}).`,
    ]
  })
}

/** Policies ahead of the subject by the mean that no comparison calls worse or better. */
function leaders(
  ranked: readonly RankedGroup[],
  subject: string,
  metric: string,
  compared: readonly Comparison[],
): string[] {
  const sentences = ranked.flatMap(({ group, rows }) => {
    const place = rows.findIndex((row) => row.policy === subject)
    const ahead = rows.slice(0, Math.max(0, place)).filter((row) => !isDecided(compared, row.policy, metric))
    if (ahead.length === 0) return []
    const own = rows[place]!.metrics[metric]!.mean
    const names = ahead
      .slice(0, mostNames)
      .map((row) => `\`${row.policy}\` (${formatDifference(metric, row.metrics[metric]!.mean - own)})`)
    return [
      `${settingPrefix(group)}Ahead by the mean ${metricDescription(metric).label}, though not beyond chance or not compared: ${listed(names, ahead.length)}.`,
    ]
  })
  if (sentences.length <= mostSettings) return sentences
  return [
    ...sentences.slice(0, mostSettings),
    `The same in ${sentences.length - mostSettings} further settings; see the tables.`,
  ]
}

function isDecided(compared: readonly Comparison[], against: string, metric: string): boolean {
  return compared.some(
    (entry) => entry.against === against && entry.metric === metric && judgeComparison(entry) === 'worse',
  )
}

function comparisonsOf(comparisons: readonly Comparison[], subject: string): Comparison[] {
  return comparisons.flatMap((entry) => {
    if (entry.policy === subject) return [entry]
    return entry.against === subject ? [flipComparison(entry)] : []
  })
}

/** Policies that know what no router can: being below them is no loss. */
const ceilings = /^(oracle|task-oracle|full-information|clairvoyant-.*)$/

function readingLines(compared: readonly Comparison[], reading: ComparisonReading, words: string): string[] {
  const entries = compared.filter((entry) => judgeComparison(entry) === reading && !ceilings.test(entry.against))
  return byMetric(entries).map(([metric, found]) => {
    const names = found.slice(0, mostNames).map(againstText)
    return `${metricDescription(metric).label}: ${words} ${listed(names, found.length)}.`
  })
}

function againstText(entry: Comparison): string {
  const { mean, low, high } = entry.difference
  const range = formatRange(low, high, (value) => formatDifference(entry.metric, value))
  const setting = formatSetting(entry.setting)
  const where = setting === '' ? '' : `; ${setting}`
  return `\`${entry.against}\` (${formatDifference(entry.metric, mean)}${range === '' ? '' : ` ${range}`}${where})`
}

function byMetric(entries: readonly Comparison[]): (readonly [string, readonly Comparison[]])[] {
  const metrics = [...new Set(entries.map((entry) => entry.metric))]
  return metrics.map((metric) => [
    metric,
    entries
      .filter((entry) => entry.metric === metric)
      .sort((a, b) => Math.abs(b.difference.mean) - Math.abs(a.difference.mean)),
  ])
}

function listed(names: readonly string[], total: number): string {
  const rest = total - names.length
  return rest > 0 ? `${names.join(', ')} and ${formatDecimal(rest, 0)} more` : names.join(', ')
}

function withInterval(metric: string, interval: Interval): string {
  const range = formatRange(interval.low, interval.high, (value) => formatMetric(metric, value))
  return range === '' ? formatMetric(metric, interval.mean) : `${formatMetric(metric, interval.mean)} ${range}`
}

function settingPrefix(group: SettingGroup): string {
  const setting = formatSetting(group.setting)
  return setting === '' ? '' : `With ${setting}: `
}
