import type { EvaluationResult, ProtocolName, ResultRow } from '../evaluation-result.ts'
import { isContender } from './ceilings.ts'
import { formatCount, formatMetric, formatMetricEnd, formatRange, formatSeconds, noValue } from './format-number.ts'
import { metricDescription, orderMetrics, protocolMetrics, rankedProtocols } from './metric-descriptions.ts'
import { protocolWords } from './protocol-words.ts'
import { crossSetSections } from './render-cross-set.ts'
import {
  formatSetting,
  formatSettingValue,
  type GroupedRows,
  groupBySetting,
  type SettingGroup,
  settingLabel,
  variantOf,
} from './setting-groups.ts'
import { sortRows } from './sort-rows.ts'
import type { StoredResult } from './stored-result.ts'
import { summariseResult } from './summarise-result.ts'
import { isControl, plainRows } from './summary-settings.ts'

/** Settings beyond so many, and variants of policies, are in the report only. */
const mostTables = 3
const order: readonly ProtocolName[] = ['static', 'stream', 'unseen', 'drift', 'pair', 'start']

/**
 * docs/results.md: for each protocol an overview over the sets, then for each set the summary, findings and tables.
 * Everything comes from the stored results; the same results give the same page.
 */
export function renderResultsPage(stored: readonly StoredResult[]): string {
  const sections = order.flatMap((protocol) => {
    const found = stored.filter(({ result }) => result.protocol === protocol)
    return found.length === 0 ? [] : [protocolSection(protocol, found)]
  })
  return `${[introduction(stored), ...crossSetSections(stored), ...sections].join('\n\n')}\n`
}

function introduction(stored: readonly StoredResult[]): string {
  const lines = [
    '# Results',
    '',
    'Written by `npm run results` from the stored `result.json` files under `evaluation/results/`; not edited by hand.',
    '`npm run evaluate:all` makes those anew. What the protocols do, and what each metric and policy is:',
    '[evaluation.md](evaluation.md). Intervals are 95 %. ↑ more is better, ↓ less is better.',
  ]
  if (stored.length === 0) return [...lines, '', 'Nothing has been stored yet.'].join('\n')
  return [
    ...lines,
    '',
    '| protocol | set | prompts × LLMs | seeds | date | version | work | |',
    '| --- | --- | ---: | ---: | --- | --- | ---: | --- |',
    ...order.flatMap((protocol) => stored.filter(({ result }) => result.protocol === protocol).map(inventoryLine)),
  ].join('\n')
}

function inventoryLine({ set, result }: StoredResult): string {
  const { data, provenance, seeds, protocol } = result
  const folder = `../evaluation/results/${set}/${protocol}`
  return tableLine([
    `[${protocol}](#${protocol}-on-${set})`,
    text(set),
    `${formatCount(data.prompts)} × ${formatCount(data.llms)}`,
    String(seeds.length),
    provenance.createdAt.slice(0, 10),
    text(provenance.version),
    formatSeconds(provenance.workSeconds),
    `[report](${folder}/report.html), [data](${folder}/result.json)`,
  ])
}

function protocolSection(protocol: ProtocolName, stored: readonly StoredResult[]): string {
  const { title, description } = protocolWords[protocol]
  const overview = stored.length > 1 && rankedProtocols.has(protocol) ? `\n\n${overviewTable(protocol, stored)}` : ''
  return `## ${title}\n\n${description}${overview}\n\n${stored.map(resultSection).join('\n\n')}`
}

/** The main metric of every policy on every set, in the first setting of each. */
function overviewTable(protocol: ProtocolName, stored: readonly StoredResult[]): string {
  const metric = protocolMetrics[protocol][0]
  const { label, gloss } = metricDescription(metric)
  const columns = stored.map(({ set, result }) => ({ set, group: groupBySetting(result.results).groups[0] }))
  const policies = [...new Set(columns.flatMap(({ group }) => group?.rows.map((row) => row.policy) ?? []))]
  const cells = columns.map(({ group }) => {
    const plain = group === undefined ? [] : plainRows(group)
    const found = new Map(plain.map((row) => [row.policy, row]))
    const best = bestMean(metric, plain.filter(isContender))
    return (policy: string): string => {
      const row = found.get(policy)
      const mean = row?.metrics[metric]?.mean
      if (row === undefined || mean === undefined) return ''
      return isContender(row) ? marked(metric, mean, best) : `_${formatMetric(metric, mean)}_`
    }
  })
  const lines = policies
    .map((policy) => [`\`${policy}\``, ...cells.map((cell) => cell(policy))])
    .filter((line) => line.slice(1).some((cell) => cell !== ''))
  const settings = columns.map(({ set, group }) => {
    const setting = formatSetting(group?.setting ?? {})
    return setting === '' ? text(set) : `${text(set)} (${text(setting)})`
  })
  return [
    `${label}${gloss === undefined ? '' : ` (${gloss})`} on each set; the best of what routes is bold; references, and what is told outcomes that no router knows, are in italics.`,
    '',
    tableLine(['policy', ...settings]),
    tableLine(['---', ...settings.map(() => '---:')]),
    ...lines.map(tableLine),
  ].join('\n')
}

function resultSection({ set, result }: StoredResult): string {
  const { headline, gains, losses } = summariseResult(result)
  const grouped = groupBySetting(result.results)
  const { groups } = grouped
  const list = (heading: string, sentences: readonly string[]): string[] =>
    sentences.length === 0 ? [] : [`${heading}\n\n${sentences.map((sentence) => `- ${text(sentence)}`).join('\n')}`]
  const shown = chooseTables(groups)
  const folder = `../evaluation/results/${set}/${result.protocol}`
  return [
    `### ${result.protocol} on ${set}`,
    text(headline),
    ...list('What routing gives here:', gains),
    ...list('Where the router loses, or does not win:', losses),
    ...findingsTable(result),
    ...shown.map((group) => settingTable(result, group, grouped)),
    ...leftOut(groups.length - shown.length, grouped, `${folder}/report.html`),
    ...list('Notes:', result.notes),
  ].join('\n\n')
}

/** The tables of most policies, the first of each scenario or kind of feedback before the second of any; no controls. */
function chooseTables(groups: readonly SettingGroup[]): readonly SettingGroup[] {
  const policies = (group: SettingGroup): number =>
    new Set(group.rows.filter(isContender).map((row) => row.policy)).size
  const ranked = groups
    .filter((group) => !isControl(group.setting))
    .sort((a, b) => policies(b) - policies(a) || b.rows.length - a.rows.length)
  const kindOf = ({ setting }: SettingGroup): string => JSON.stringify([setting.scenario, setting.feedback])
  const first = ranked.filter((group, place) => ranked.findIndex((other) => kindOf(other) === kindOf(group)) === place)
  const chosen = new Set([...new Set([...first, ...ranked])].slice(0, mostTables))
  return groups.filter((group) => chosen.has(group))
}

/** What of the tables is in the report only. */
function leftOut(settings: number, { groups, variantKeys }: GroupedRows, report: string): string[] {
  const variants = groups.some((group) => withoutVariants(group, variantKeys).length < group.rows.length)
  const further = settings === 1 ? '1 further setting' : `${formatCount(settings)} further settings`
  if (settings === 0 && !variants) return []
  const what = [...(settings > 0 ? [further] : []), ...(variants ? ['variants of the policies'] : [])].join(' and ')
  return [`${upperFirst(what)} ${settings === 1 && !variants ? 'is' : 'are'} in the [report](${report}).`]
}

function upperFirst(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

/** The rows of a table but for variants; a policy that has nothing else keeps them. */
function withoutVariants(group: SettingGroup, variantKeys: readonly string[]): readonly ResultRow[] {
  const isPlain = (row: ResultRow): boolean => variantOf(row, variantKeys) === ''
  const plain = new Set(group.rows.filter(isPlain).map((row) => row.policy))
  return group.rows.filter((row) => isPlain(row) || !plain.has(row.policy))
}

function findingsTable(result: EvaluationResult): string[] {
  if (result.findings.length === 0) return []
  const lines = result.findings.map((finding) =>
    tableLine([text(finding.source), text(finding.claim), finding.verdict, text(finding.evidence)]),
  )
  return [[tableLine(['source', 'claim', 'verdict', 'evidence']), '| --- | --- | --- | --- |', ...lines].join('\n')]
}

function settingTable(result: EvaluationResult, group: SettingGroup, { rowKeys, variantKeys }: GroupedRows): string {
  const rows = withoutVariants(group, variantKeys)
  const metrics = orderMetrics(
    result.protocol,
    rows.flatMap((row) => Object.keys(row.metrics)),
  )
  const keys = rowKeys.filter(
    (key) => !variantKeys.includes(key) && rows.some((row) => Object.hasOwn(row.setting, key)),
  )
  const sorted = sortRows(result.protocol, rows, keys)
  const contenders = sorted.filter(isContender)
  const best = new Map(metrics.map((metric) => [metric, bestMean(metric, contenders)]))
  const line = (row: ResultRow): string =>
    tableLine([
      isContender(row) ? text(nameOf(row, variantKeys)) : `_${text(nameOf(row, variantKeys))}_`,
      row.kind,
      ...keys.map((key) => (row.setting[key] === undefined ? noValue : formatSettingValue(row.setting[key], key))),
      ...metrics.map((metric) => cell(metric, row, isContender(row) ? best.get(metric) : undefined)),
    ])
  const title = formatSetting(group.setting)
  return [
    ...(title === '' ? [] : [`**${text(title)}**`, '']),
    tableLine(['policy', 'kind', ...keys.map(settingLabel), ...metrics.map(heading)]),
    tableLine(['---', '---', ...keys.map(() => '---:'), ...metrics.map(() => '---:')]),
    ...[...contenders, ...sorted.filter((row) => !isContender(row))].map(line),
  ].join('\n')
}

function nameOf(row: ResultRow, variantKeys: readonly string[]): string {
  const variant = variantOf(row, variantKeys)
  return variant === '' ? row.policy : `${row.policy} (${variant})`
}

function heading(metric: string): string {
  const { label, better } = metricDescription(metric)
  return `${text(label)}${better === 'higher' ? ' ↑' : better === 'lower' ? ' ↓' : ''}`
}

function cell(metric: string, row: ResultRow, best: number | undefined): string {
  const interval = row.metrics[metric]
  if (interval === undefined || !Number.isFinite(interval.mean)) return noValue
  const range = formatRange(interval.low, interval.high, (end) => formatMetricEnd(metric, end))
  return `${marked(metric, interval.mean, best)}${range === '' ? '' : ` ${range}`}`
}

function marked(metric: string, mean: number, best: number | undefined): string {
  const value = formatMetric(metric, mean)
  return best !== undefined && value === formatMetric(metric, best) ? `**${value}**` : value
}

function bestMean(metric: string, rows: readonly ResultRow[]): number | undefined {
  const { better } = metricDescription(metric)
  const means = rows.map((row) => row.metrics[metric]?.mean ?? Number.NaN).filter(Number.isFinite)
  if (better === 'neither' || means.length < 2) return undefined
  return better === 'higher' ? Math.max(...means) : Math.min(...means)
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Data as Markdown text: no markup, no table cell ends in it. */
function text(raw: string): string {
  return raw
    .replace(/\s+/g, (space) => (space.includes('\n') ? ' ' : space))
    .replace(/</g, '&lt;')
    .replace(/\|/g, '\\|')
}
