import type { EvaluationResult, Interval, ResultRow } from '../../evaluation/evaluation-result.ts'
import type { Colours } from './colours.ts'
import { type Cell, type Column, renderTable } from './table.ts'

/** What the terminal shows of each protocol, the first one first; the rest is in the report. */
const shownMetrics = {
  static: ['aiq', 'peakQuality', 'qncOwn', 'costAt95'],
  stream: ['quality', 'costUsd', 'onTimeShare'],
  unseen: ['areaRaw', 'area', 'qnc', 'qncReached', 'peak', 'meanQualityError'],
  drift: ['regret', 'oracleShare', 'fullInfoShare', 'budgetOvershoot'],
  pair: ['apgr', 'cpt50', 'cpt80'],
  start: ['utility', 'quality', 'costUsd'],
} as const

/** A protocol may have a hundred settings; more tables than these nobody reads in a terminal. */
const mostTables = 4

/** The main metrics as tables, one for each of the first settings, and the findings. */
export function renderResultTables(result: EvaluationResult, colours: Colours): string {
  const metrics = shownMetrics[result.protocol]
  const groups = new Map<string, ResultRow[]>()
  for (const row of result.results) {
    const setting = Object.entries(row.setting)
      .map(([key, value]) => `${key} ${value ?? 'none'}`)
      .join(', ')
    groups.set(setting, [...(groups.get(setting) ?? []), row])
  }
  const tables = [...groups].slice(0, mostTables).map(([setting, rows]) => {
    const columns: Column[] = [{ title: 'policy' }, ...metrics.map((title) => ({ title, align: 'right' as const }))]
    const cells = rows.map((row): Cell[] => [
      row.kind === 'reference' ? { text: row.policy, tone: 'dim' } : row.policy,
      ...metrics.map((name) => figure(row.metrics[name])),
    ])
    return `${setting === '' ? '' : `${colours.strong(setting)}\n`}${renderTable(columns, cells, colours)}`
  })
  const findings = result.findings.map(({ verdict, claim }) => `${verdict.padEnd(9)}  ${claim}`)
  const more = groups.size > mostTables ? [`${groups.size - mostTables} more settings are in the report.`] : []
  return [...tables, ...more, ...(findings.length === 0 ? [] : [findings.join('\n')])].join('\n\n')
}

function figure(interval: Interval | undefined): string {
  if (interval === undefined || !Number.isFinite(interval.mean)) return '–'
  const { mean, low, high } = interval
  const digits =
    Math.abs(mean) > 0 && Math.abs(mean) < 0.01
      ? (value: number) => value.toPrecision(2)
      : (value: number) => value.toFixed(4)
  return low === null || high === null ? digits(mean) : `${digits(mean)} [${digits(low)}, ${digits(high)}]`
}
