import type { Figure, FigurePoint, FigureSeries } from '../../evaluation-result.ts'
import { tagSweeps } from './ablation-findings.ts'
import { liftPair, paperLifts } from './lift-findings.ts'
import { liftOf, type Measured, promptInterval } from './measured.ts'
import { poolSweeps } from './pool-findings.ts'
import { loadFactors, loadLambda } from './run-ablation-unit.ts'
import type { StreamCourse, StreamUnitOutput } from './stream-output.ts'
import {
  curveLambdas,
  lambdas,
  offlineShares,
  type StreamFeedback,
  settingKey,
  timeLimitsSeconds,
} from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import { costBands, meanQuality } from './sweep-means.ts'
import { bandLift } from './sweep-quality.ts'

const costAxis = { label: 'mean cost of a request', scale: 'log', unit: 'usd' } as const
const qualityAxis = { label: 'mean quality' } as const

export function streamFigures(summary: StreamSummary, outputs: readonly StreamUnitOutput[]): Figure[] {
  return [
    ...timeLimitsSeconds.map((timeLimit) => frontier(summary, timeLimit)),
    ...learningCurves(outputs),
    lifts(summary),
    ...tags(summary),
    ...loadSweep(summary),
    ...topCurves(summary),
    ...poolCurves(summary),
  ].filter((figure) => figure.series.length > 0)
}

function frontier(summary: StreamSummary, timeLimit: number | null): Figure {
  const series: FigureSeries[] = []
  for (const policy of ['pointsman', 'mixllm'] as const) {
    for (const feedback of ['none', 'refined'] as const) {
      const rows = summary.sweep(policy, { offlineShare: 0.8, feedback, timeLimit }, lambdas)
      if (rows.length === 0) continue
      const role = policy === 'pointsman' ? 'pointsman' : 'router'
      series.push({ name: feedback === 'none' ? `${policy}, not taught` : policy, role, points: pointsOf(rows) })
    }
  }
  const fixed = summary.sweep('zero-router', { timeLimit }, lambdas)
  if (fixed.length > 0) series.push({ name: 'zero-router', role: 'hull', points: pointsOf(fixed) })
  for (const policy of ['random', 'cheapest', 'best-single'] as const) {
    const row = summary.find(policy, { timeLimit })
    if (row !== undefined) series.push({ name: policy, role: 'point', points: pointsOf([row]) })
  }
  const oracle = summary.find('oracle', { timeLimit })
  if (oracle !== undefined) series.push({ name: 'oracle', role: 'oracle', points: pointsOf([oracle]) })
  const limited = timeLimit !== null
  return {
    id: limited ? 'frontier-limit' : 'frontier',
    kind: 'curves',
    title: limited ? `Quality and cost with a time limit of ${timeLimit} s` : 'Quality and cost without a time limit',
    caption: limited
      ? 'Ten requests a second on simulated queues; an answer after the limit counts 0. What ignores the queues, as a fixed LLM does, drowns in them.'
      : 'Each point is one willingness to pay, after a stream of a fifth of the training prompts. Further up and to the left is better.',
    x: costAxis,
    y: qualityAxis,
    series,
  }
}

/** By rising cost, duplicates left out. */
function pointsOf(rows: readonly RunSummary[]): FigurePoint[] {
  const points = rows.map((row) => {
    const { low, high } = promptInterval(row.quality)
    return { x: row.costUsd.mean, y: row.quality.mean, low, high }
  })
  points.sort((a, b) => a.x - b.x)
  return points.filter((point, i) => i === 0 || point.x !== points[i - 1]!.x)
}

/** Gain in utility over the same router that hears nothing, summed up along the stream. */
function learningCurves(outputs: readonly StreamUnitOutput[]): Figure[] {
  const courses = outputs.flatMap((output) => output.courses)
  const offlineShare = offlineShares.at(-1)!
  const figures: Figure[] = []
  for (const lambda of new Set(courses.map((course) => course.setting.lambda))) {
    const series: FigureSeries[] = []
    for (const policy of ['pointsman', 'mixllm'] as const) {
      const mean = (feedback: StreamFeedback): number[] => {
        const key = settingKey(policy, { lambda: lambda!, offlineShare, feedback, timeLimit: null })
        return meanCourse(courses.filter((course) => settingKey(course.policy, course.setting) === key))
      }
      const untaught = mean('none')
      for (const feedback of ['refined', 'binary'] as const) {
        const taught = mean(feedback)
        if (taught.length === 0 || untaught.length === 0) continue
        series.push({
          name: `${policy}, ${feedback}`,
          role: policy === 'pointsman' ? 'pointsman' : 'router',
          points: cumulativeGain(taught, untaught),
        })
      }
    }
    figures.push({
      id: `learning-${lambda}`,
      kind: 'curves',
      title: `What feedback is worth along the stream, λ = ${lambda}`,
      caption:
        'Mean utility so far less that of the same router without feedback, 30 % of the training prompts known offline. Below 0, exploring has cost more than learning has brought.',
      x: { label: 'requests' },
      y: { label: 'gain in mean utility' },
      series,
    })
  }
  return figures
}

/** Windows that every seed has. */
function meanCourse(courses: readonly StreamCourse[]): number[] {
  if (courses.length === 0) return []
  const windows = Math.min(...courses.map((course) => course.utility.length))
  return Array.from({ length: windows }, (_, window) => {
    const values = courses.map((course) => course.utility[window]!)
    return values.reduce((sum, value) => sum + value, 0) / values.length
  })
}

function cumulativeGain(taught: readonly number[], untaught: readonly number[]): FigurePoint[] {
  let sum = 0
  return taught.slice(0, untaught.length).map((value, window) => {
    sum += value - untaught[window]!
    return { x: 100 * (window + 1), y: sum / (window + 1) }
  })
}

function lifts(summary: StreamSummary): Figure {
  const series: FigureSeries[] = []
  for (const policy of ['pointsman', 'mixllm'] as const) {
    const points = liftBars((offlineShare, feedback) => {
      const pair = liftPair(summary, policy, offlineShare, feedback, null)
      if (pair === undefined) return undefined
      return liftOf(meanQuality(pair.taught), meanQuality(pair.untaught))
    })
    if (points.length > 0) series.push({ name: policy, role: policy === 'pointsman' ? 'pointsman' : 'router', points })
  }
  const stated = offlineShares.flatMap((share) =>
    (['refined', 'binary'] as const).map((feedback) => ({
      x: liftLabel(share, feedback),
      y: paperLifts[feedback][share],
    })),
  )
  if (series.length > 0) series.push({ name: 'MixLLM, as published', role: 'reference', points: stated })
  return {
    id: 'lifts',
    kind: 'bars',
    title: 'Lift in quality by online feedback',
    caption:
      'Relative to the same router without feedback, mean over λ, no time limit. The less is known offline, the more there should be to learn.',
    x: { label: 'offline to online, feedback' },
    y: { label: 'lift in quality', unit: 'share' },
    series,
  }
}

function liftBars(read: (offlineShare: number, feedback: 'refined' | 'binary') => Measured | undefined): FigurePoint[] {
  return offlineShares.flatMap((share) =>
    (['refined', 'binary'] as const).flatMap((feedback) => {
      const lift = read(share, feedback)
      if (lift === undefined) return []
      const { mean: y, low, high } = promptInterval(lift)
      return [{ x: liftLabel(share, feedback), y, low, high }]
    }),
  )
}

function liftLabel(offlineShare: number, feedback: string): string {
  return `${Math.round(100 * offlineShare)}:${Math.round(100 * (1 - offlineShare))}, ${feedback}`
}

function tags(summary: StreamSummary): Figure[] {
  const { forced, stopped, plain } = tagSweeps(summary)
  const bands = costBands(summary)
  if (forced.length === 0 || stopped.length === 0 || plain.length === 0 || bands === undefined) return []
  const bars = (rows: readonly RunSummary[]): FigurePoint[] =>
    (['low', 'high'] as const).flatMap((band) => {
      const { mean: y, low, high } = promptInterval(bandLift(rows, plain, bands[band]))
      return Number.isNaN(y) ? [] : [{ x: `${band} cost`, y, low, high }]
    })
  return [
    {
      id: 'tags',
      kind: 'bars',
      title: 'What the tag-enhanced embedding adds',
      caption:
        'Relative gain in quality over the same regressors without tags, by how much may be spent. Early stopping drops the projection where it does not help; the second bar keeps it, as the paper does.',
      x: { label: 'cost band' },
      y: { label: 'gain in quality', unit: 'share' },
      series: [
        { name: 'mixllm', role: 'router', points: bars(stopped) },
        { name: 'mixllm, projection kept', role: 'router', points: bars(forced) },
        {
          name: 'MixLLM, as published',
          role: 'reference',
          points: [
            { x: 'low cost', y: 0.0572 },
            { x: 'high cost', y: 0.0079 },
          ],
        },
      ],
    },
  ]
}

function loadSweep(summary: StreamSummary): Figure[] {
  const setting = { lambda: loadLambda, offlineShare: 0.8, feedback: 'none', timeLimit: 30 }
  const variants: readonly [string, Readonly<Record<string, string>>][] = [
    ['mixllm', {}],
    ['without the penalty', { ablation: 'penalty' }],
    ['queues seen at each decision', { refresh: 'each-decision' }],
  ]
  const series = variants.flatMap(([name, extra]): FigureSeries[] => {
    const points = loadFactors.flatMap((load): FigurePoint[] => {
      const row = summary.find('mixllm', { ...setting, load, ...extra })
      if (row === undefined) return []
      const { low, high } = promptInterval(row.quality)
      return [{ x: 10 * load, y: row.quality.mean, low, high }]
    })
    return points.length === 0 ? [] : [{ name, role: name === 'mixllm' ? 'router' : 'baseline', points }]
  })
  return [
    {
      id: 'load',
      kind: 'curves',
      title: `Quality under rising load, λ = ${loadLambda}`,
      caption: 'Late answers count 0. MixLLM’s penalty sheds load from full queues; it sees them up to 10 s late.',
      x: { label: 'requests per second' },
      y: qualityAxis,
      series,
    },
  ]
}

function topCurves(summary: StreamSummary): Figure[] {
  const series = [1, 2, 3].flatMap((topK): FigureSeries[] => {
    const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null, topK }
    const rows = summary.sweep('mixllm', setting, curveLambdas)
    return rows.length === 0 ? [] : [{ name: `top ${topK}`, role: 'router', points: pointsOf(rows) }]
  })
  const best = summary.find('best-single', { timeLimit: null })
  if (series.length > 0 && best !== undefined) {
    series.push({ name: 'best-single', role: 'point', points: pointsOf([best]) })
  }
  return [
    {
      id: 'top-k',
      kind: 'curves',
      title: 'Asking several LLMs and keeping the best answer',
      caption: 'All calls are paid for. Keeping the best takes a judge that never errs: this is an upper bound.',
      x: costAxis,
      y: qualityAxis,
      series,
    },
  ]
}

function poolCurves(summary: StreamSummary): Figure[] {
  const { before, after } = poolSweeps(summary)
  if (before.length === 0 || after.length === 0) return []
  return [
    {
      id: 'added-llm',
      kind: 'curves',
      title: 'The pool before and after an LLM joins',
      caption: 'It joins by its own regressors; nothing else is fitted again. The notes name it for each seed.',
      x: costAxis,
      y: qualityAxis,
      series: [
        { name: 'before', role: 'baseline', points: pointsOf(before) },
        { name: 'after', role: 'router', points: pointsOf(after) },
      ],
    },
  ]
}
