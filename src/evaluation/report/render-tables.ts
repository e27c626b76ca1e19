import type { Comparison, EvaluationResult, Interval, ResultRow } from '../evaluation-result.ts'
import { isContender } from './ceilings.ts'
import { formatDifference, formatMetric, formatMetricEnd, formatP, formatRange, noValue } from './format-number.ts'
import { type Html, html } from './html.ts'
import { type ComparisonReading, judgeComparison } from './judge-comparison.ts'
import { metricDescription, orderMetrics } from './metric-descriptions.ts'
import { policyDescription } from './policy-descriptions.ts'
import {
  formatSetting,
  formatSettingValue,
  type GroupedRows,
  groupBySetting,
  type SettingGroup,
  settingKey,
  settingLabel,
  variantOf,
} from './setting-groups.ts'
import { sortRows } from './sort-rows.ts'

/** Tables beyond so many start folded. */
const mostOpen = 3

/** One table per setting: routers and baselines from best to worst, references and what was told outcomes apart. */
export function renderResultTables(result: EvaluationResult): Html {
  const grouped = groupBySetting(result.results)
  const { groups } = grouped
  if (groups.length === 0) return html`<p class="empty">There are no result rows.</p>`
  return html`${groups.map((group, place) => {
    const title = formatSetting(group.setting)
    const table = resultTable(result, group, grouped)
    if (title === '') return table
    return html`<details${groups.length <= mostOpen || place === 0 ? html` open` : undefined}><summary>${title}</summary>${table}</details>`
  })}`
}

/** One table per metric and setting, folded but for the first. */
export function renderComparisons(result: EvaluationResult): Html {
  const groups = new Map<string, Comparison[]>()
  for (const entry of result.comparisons) {
    const key = `${entry.metric} ${settingKey(entry.setting)}`
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  if (groups.size === 0) return html`<p class="empty">No comparisons were made.</p>`
  return html`${[...groups.values()].map((entries, place) => comparisonTable(entries, place === 0))}`
}

function resultTable(result: EvaluationResult, group: SettingGroup, { rowKeys, variantKeys }: GroupedRows): Html {
  const metrics = orderMetrics(
    result.protocol,
    group.rows.flatMap((row) => Object.keys(row.metrics)),
  )
  const keys = rowKeys.filter(
    (key) => !variantKeys.includes(key) && group.rows.some((row) => Object.hasOwn(row.setting, key)),
  )
  const sorted = sortRows(result.protocol, group.rows, [...keys, ...variantKeys])
  const contenders = sorted.filter(isContender)
  const marks = sorted.filter((row) => !isContender(row))
  const best = new Map(metrics.map((metric) => [metric, bestValue(metric, contenders)]))
  const caption = formatSetting(group.setting)
  const line = (row: ResultRow): Html => html`<tr${row.policy === 'pointsman' ? html` class="subject"` : undefined}>
<th scope="row"${titleOf(row.policy)}>${row.policy}${variantLine(row, variantKeys)}</th><td class="kind">${row.kind}</td>${keys.map((key) => html`<td>${cellSetting(row, key)}</td>`)}${metrics.map((metric) => metricCell(metric, row.metrics[metric], isContender(row) ? best.get(metric) : undefined))}</tr>
`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${`Results ${caption}`.trim()}"><table class="results">
<caption class="visually-hidden">Results ${caption}</caption>
<thead><tr><th scope="col">policy</th><th scope="col">kind</th>${keys.map((key) => html`<th scope="col" class="number">${settingLabel(key)}</th>`)}${metrics.map(metricHeading)}</tr></thead>
<tbody>
${contenders.map(line)}</tbody>
${marks.length === 0 ? undefined : html`<tbody class="references">\n${marks.map(line)}</tbody>\n`}</table></div>
`
}

function variantLine(row: ResultRow, variantKeys: readonly string[]): Html | undefined {
  const variant = variantOf(row, variantKeys)
  return variant === '' ? undefined : html`<small>${variant}</small>`
}

function titleOf(policy: string): Html | undefined {
  const description = policyDescription(policy)
  return description === undefined ? undefined : html` title="${description}"`
}

function cellSetting(row: ResultRow, key: string): string {
  const value = row.setting[key]
  return value === undefined ? noValue : formatSettingValue(value, key)
}

function metricHeading(metric: string): Html {
  const { label, better, definition } = metricDescription(metric)
  const arrow = better === 'higher' ? '\u00a0↑' : better === 'lower' ? '\u00a0↓' : ''
  return html`<th scope="col" class="number" title="${definition}">${label}${arrow}</th>`
}

function metricCell(metric: string, interval: Interval | undefined, best: number | undefined): Html {
  if (interval === undefined || !Number.isFinite(interval.mean)) return html`<td>${noValue}</td>`
  const value = formatMetric(metric, interval.mean)
  const range = formatRange(interval.low, interval.high, (end) => formatMetricEnd(metric, end))
  const isBest = best !== undefined && value === formatMetric(metric, best)
  return html`<td>${isBest ? html`<b>${value}</b>` : value}${range === '' ? undefined : html`<small>${range}</small>`}</td>`
}

function bestValue(metric: string, rows: readonly ResultRow[]): number | undefined {
  const { better } = metricDescription(metric)
  const means = rows.map((row) => row.metrics[metric]?.mean ?? Number.NaN).filter(Number.isFinite)
  if (better === 'neither' || means.length < 2) return undefined
  return better === 'higher' ? Math.max(...means) : Math.min(...means)
}

const readings: Readonly<Record<ComparisonReading, string>> = {
  better: '▲ better',
  worse: '▼ worse',
  even: '≈ not distinguishable',
  untold: noValue,
}

function comparisonTable(entries: readonly Comparison[], isOpen: boolean): Html {
  const { metric, setting } = entries[0]!
  const { label } = metricDescription(metric)
  const where = formatSetting(setting)
  const title = where === '' ? label : `${label} · ${where}`
  const line = (entry: Comparison): Html => {
    const { mean, low, high } = entry.difference
    const reading = judgeComparison(entry)
    return html`<tr><th scope="row">${entry.policy}</th><td class="text">${entry.against}</td><td>${formatDifference(metric, mean)}<small>${formatRange(low, high, (end) => formatDifference(metric, end))}</small></td><td>${formatP(entry.pHolm)}</td><td class="text reading ${reading}">${readings[reading]}</td></tr>
`
  }
  return html`<details${isOpen ? html` open` : undefined}><summary>${title}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="${`Comparisons: ${title}`}"><table>
<caption class="visually-hidden">Comparisons: ${title}</caption>
<thead><tr><th scope="col">policy</th><th scope="col">against</th><th scope="col" class="number">difference</th><th scope="col" class="number">p (Holm)</th><th scope="col">reads</th></tr></thead>
<tbody>
${entries.map(line)}</tbody></table></div></details>
`
}
