import { type CostQualityPoint, costQualityHull } from '../../../routing/decision/cost-quality-hull.ts'
import type { Interval, PolicyKind, SettingValue } from '../../evaluation-result.ts'
import { deferralCurve, qualityAtCost } from '../../metrics/deferral-curve.ts'
import { percentileInterval, quantile } from '../../metrics/interval.ts'
import { drawSeeds } from '../../metrics/seed-draw.ts'
import { type StaticMetric, staticMetricNames } from '../../metrics/static-metrics.ts'
import { type PolicyName, policyKinds } from '../../policy-names.ts'
import { formatSetting } from '../../report/setting-groups.ts'
import type { StaticRowOutput, StoredNumber, StoredTask } from './static-output.ts'

/** Metrics that are a cost to reach some quality: without a value they were never reached, at any cost. */
const reachMetrics: ReadonlySet<StaticMetric> = new Set(['qncOwn', 'qncMax', 'costAt95', 'costAt9725'])

/** A curve in a result has at most as many points. */
const mostPoints = 121

/** One policy under one setting, all seeds together. Replicate b is averaged over the seeds it draws, the same in every row. */
export class JoinedRow {
  readonly policy: string
  readonly kind: PolicyKind
  readonly setting: Readonly<Record<string, SettingValue>>
  readonly #seeds: readonly StaticRowOutput[]
  readonly #replicates: readonly Float64Array[]

  /** @param seeds the same row of each seed, at least one. */
  constructor(seeds: readonly StaticRowOutput[]) {
    const { policy, setting } = seeds[0]!
    this.policy = policy
    this.kind = policyKinds[policy as PolicyName]
    this.setting = setting
    this.#seeds = seeds
    this.#replicates = staticMetricNames.map((name, metric) =>
      meanReplicates(
        seeds.map((seed) => seed.replicates[metric]!),
        missing(name),
      ),
    )
  }

  /** Whether it saw test outcomes: its verifier is simulated from them. It is no contestant. */
  get isTold(): boolean {
    return this.setting.simulatedVerifier === true
  }

  /** Policy and setting as a label: `stacked (trust 1)`. */
  get label(): string {
    const words = formatSetting(this.setting)
    return words === '' ? this.policy : `${this.policy} (${words})`
  }

  /**
   * Mean over seeds; undefined where some seed has none, or where it would mean nothing: references make no claim over the
   * hull, and the fixed LLMs behind `zero-router` are a hull or nothing.
   */
  estimate(name: StaticMetric): number | undefined {
    if (name === 'sweepGain' && this.kind === 'reference') return undefined
    if (name === 'aiqRaw' && this.policy === 'zero-router' && this.setting.hull === undefined) return undefined
    const metric = staticMetricNames.indexOf(name)
    const values = this.#seeds.flatMap((seed) => seed.metrics[metric] ?? [])
    return values.length === this.#seeds.length ? mean(values) : undefined
  }

  /** Replicates × 1; infinite where never reached, NaN where the metric does not exist. */
  replicates(name: StaticMetric): Float64Array {
    return this.#replicates[staticMetricNames.indexOf(name)]!
  }

  /**
   * The estimate with its percentile interval. Where some replicates never reach the quality in question, they count as dearer
   * than any that does; an end that falls among them is null.
   */
  interval(name: StaticMetric): Interval | undefined {
    const estimate = this.estimate(name)
    if (estimate === undefined) return undefined
    const replicates = [...this.replicates(name)]
    if (!reachMetrics.has(name)) return percentileInterval(estimate, replicates)
    const sorted = replicates.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
    if (sorted.length < 20) return { mean: estimate, low: null, high: null }
    return { mean: estimate, low: finite(quantile(sorted, 0.025)), high: finite(quantile(sorted, 0.975)) }
  }

  /** Share of replicates that reach the quality in question; for metrics that are a cost to reach one. */
  reachedShare(name: StaticMetric): number {
    const values = this.replicates(name)
    return values.filter(Number.isFinite).length / values.length
  }

  metrics(): Record<string, Interval> {
    return Object.fromEntries(
      staticMetricNames.flatMap((name) => {
        const interval = this.interval(name)
        return interval === undefined ? [] : [[name, interval]]
      }),
    )
  }

  /**
   * The deferral curve, mean over seeds: setting by setting where all seeds have the same number of them, else quality at
   * equal costs. Of fixed LLMs, whose order means nothing, the hull: mixtures of them are what stands for `zero-router`.
   */
  curve(): CostQualityPoint[] {
    const sweeps = this.#seeds.map((seed) => seed.points)
    const length = sweeps[0]!.length
    const isAligned = sweeps.every((points) => points.length === length)
    const shape = this.policy === 'zero-router' ? costQualityHull : deferralCurve
    const points = isAligned
      ? sweeps[0]!.map((_, i) => meanPoint(sweeps.map((sweep) => sweep[i]!)))
      : meanCurve(sweeps.map(shape))
    return thin(shape(points))
  }

  /** By task, mean over the seeds that have it. */
  tasks(): { readonly task: string; readonly quality: Interval }[] {
    const names = [...new Set(this.#seeds.flatMap((seed) => seed.tasks.map(({ task }) => task)))]
    return names.flatMap((task) => {
      const found = this.#seeds.flatMap((seed): StoredTask[] => seed.tasks.filter((other) => other.task === task))
      const values = found.flatMap(({ quality }) => quality ?? [])
      if (values.length === 0) return []
      const replicates = meanReplicates(
        found.map((stored) => stored.replicates),
        Number.NaN,
      )
      return [{ task, quality: percentileInterval(mean(values), [...replicates]) }]
    })
  }
}

function missing(name: StaticMetric): number {
  return reachMetrics.has(name) ? Number.POSITIVE_INFINITY : Number.NaN
}

/** Each replicate over seeds that it draws, see {@link drawSeeds}. */
function meanReplicates(seeds: readonly (readonly StoredNumber[])[], absent: number): Float64Array {
  return Float64Array.from(seeds[0]!, (_, replicate) =>
    mean(drawSeeds(seeds.length, replicate).map((seed) => seeds[seed]![replicate] ?? absent)),
  )
}

function meanPoint(points: readonly CostQualityPoint[]): CostQualityPoint {
  return { costUsd: mean(points.map(({ costUsd }) => costUsd)), quality: mean(points.map(({ quality }) => quality)) }
}

/** Quality averaged at costs in equal ratios (in equal steps where a curve starts at cost 0), over the range that all curves cover. */
function meanCurve(curves: readonly (readonly CostQualityPoint[])[]): CostQualityPoint[] {
  const from = Math.max(...curves.map((curve) => curve[0]!.costUsd))
  const to = Math.max(from, Math.min(...curves.map((curve) => curve.at(-1)!.costUsd)))
  if (!(to > from)) return [meanPoint(curves.map((curve) => curve.at(-1)!))]
  return Array.from({ length: mostPoints }, (_, i) => {
    const share = i / (mostPoints - 1)
    const costUsd = from > 0 ? from * (to / from) ** share : to * share
    return { costUsd, quality: mean(curves.map((curve) => qualityAtCost(curve, costUsd))) }
  })
}

function thin(points: readonly CostQualityPoint[]): CostQualityPoint[] {
  if (points.length <= mostPoints) return [...points]
  return Array.from({ length: mostPoints }, (_, i) => points[Math.round((i * (points.length - 1)) / (mostPoints - 1))]!)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
