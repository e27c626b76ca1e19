import type { Figure, FigureSeries } from '../../evaluation-result.ts'
import type { StaticMetric } from '../../metrics/static-metrics.ts'
import type { JoinedRow } from './joined-row.ts'
import { trainedHullLabel } from './static-comparisons.ts'

/** The figures of the report, in its order. */
export function staticFigures(rows: readonly JoinedRow[]): Figure[] {
  return [deferralCurves(rows), ...gainOverHull(rows), ...costShares(rows), ...qualityByTask(rows)]
}

function deferralCurves(rows: readonly JoinedRow[]): Figure {
  return {
    id: 'deferral-curves',
    kind: 'curves',
    title: 'Quality against cost',
    caption:
      'Each line is a policy swept from cheap to dear; higher and further left is better. The hull is what mixtures of fixed LLMs reach on these prompts, the oracle what knowing every outcome would. Markers are policies without a knob.',
    x: { label: 'Mean cost of a request', scale: 'log', unit: 'usd' },
    y: { label: 'Mean quality' },
    series: rows
      .filter((row) => row.label !== trainedHullLabel)
      .map((row) => ({
        name: row.label,
        role: roleOf(row),
        points: row.curve().map(({ costUsd, quality }) => ({ x: costUsd, y: quality })),
      })),
  }
}

function roleOf(row: JoinedRow): FigureSeries['role'] {
  if (row.policy === 'pointsman') return 'pointsman'
  if (row.policy === 'zero-router') return 'hull'
  if (row.policy === 'oracle') return 'oracle'
  if (row.kind !== 'reference') return row.kind
  return row.policy === 'task-oracle' ? 'reference' : 'point'
}

function gainOverHull(rows: readonly JoinedRow[]): Figure[] {
  const gains = rows.flatMap((row) => {
    const gain = row.kind === 'reference' || row.isTold ? undefined : row.interval('sweepGain')
    return gain === undefined ? [] : [{ label: row.label, ...gain }]
  })
  if (gains.length === 0) return []
  return [
    {
      id: 'gain-over-hull',
      kind: 'bars',
      title: 'Above or below mixtures of fixed LLMs',
      caption:
        'Area between the sweep of each policy, as it runs on the test prompts, and mixtures of the LLMs that lay on the hull of the training prompts, over the costs that the sweep spans, divided by the dearest LLM’s mean cost. Only the sign is comparable: each sweep spans other costs, so that a longer bar is not a better policy, and the order is that of the tables. A whisker that crosses 0: the data cannot tell.',
      x: { label: 'Policy' },
      y: { label: 'Area above the mixtures / dearest cost' },
      series: [
        {
          name: 'Area above the mixtures',
          role: 'router',
          points: gains.map(({ label, mean, low, high }) => ({ x: label, y: mean, low, high })),
        },
      ],
    },
  ]
}

function costShares(rows: readonly JoinedRow[]): Figure[] {
  const series = (metric: StaticMetric, name: string, role: FigureSeries['role']): FigureSeries => ({
    name,
    role,
    points: rows
      .filter((row) => row.kind !== 'reference' || row.policy === 'zero-router' || row.policy === 'oracle')
      .flatMap((row) => {
        const share = row.interval(metric)
        return share === undefined ? [] : [{ x: row.label, y: share.mean, low: share.low, high: share.high }]
      }),
  })
  const all = [
    series('costAt95', '95 % of its quality', 'router'),
    series('costAt9725', '97.25 % of its quality', 'baseline'),
  ]
  if (all.every(({ points }) => points.length === 0)) return []
  return [
    {
      id: 'cost-shares',
      kind: 'bars',
      title: 'What most of the best LLM’s quality costs',
      caption:
        'Cost as a share of the best single LLM’s, for 95 % and 97.25 % of its quality; lower is better. A policy that never reaches it has no bar; a whisker without an end means that some replicates never do.',
      x: { label: 'Policy' },
      y: { label: 'Share of the best LLM’s cost', unit: 'share' },
      series: all,
    },
  ]
}

function qualityByTask(rows: readonly JoinedRow[]): Figure[] {
  const series = rows.flatMap((row): FigureSeries[] => {
    const tasks = row.tasks()
    if (tasks.length === 0) return []
    const points = tasks.map(({ task, quality }) => ({
      x: task,
      y: quality.mean,
      low: quality.low,
      high: quality.high,
    }))
    return [{ name: row.label, role: roleOf(row), points }]
  })
  if (series.length === 0) return []
  return [
    {
      id: 'quality-by-task',
      kind: 'bars',
      title: 'Quality by task at a quarter of the best LLM’s cost',
      caption:
        'The largest tasks of the test prompts. Each policy spends a quarter of the best single LLM’s mean cost over all prompts, or what comes nearest to it; policies without a knob spend what they spend.',
      x: { label: 'Task' },
      y: { label: 'Mean quality' },
      series,
    },
  ]
}
