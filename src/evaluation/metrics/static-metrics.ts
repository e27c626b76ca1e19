import {
  averageImprovementInQuality,
  type CostQualityPoint,
  costQualityHull,
  fixedLlmPoints,
} from '../../routing/decision/cost-quality-hull.ts'
import { areaUnderCurve, costOfQuality, deferralCurve, qualityAtCost } from './deferral-curve.ts'

/** The names of {@link staticMetrics}, in the order of the tables. */
export const staticMetricNames = [
  'aiq',
  'aiqToBest',
  'aiqRaw',
  'peakQuality',
  'qncOwn',
  'qncMax',
  'qualityAt25',
  'costAt95',
  'costAt9725',
  'sweepGain',
] as const

export type StaticMetric = (typeof staticMetricNames)[number]

/** What the fixed LLMs of a pool cost and yield on the test prompts: the scale that a router's curve is read on. */
export interface StaticScale {
  readonly cheapest: CostQualityPoint
  /** Of the highest mean quality; of equals the cheaper. */
  readonly best: CostQualityPoint
  /** Mean cost of the dearest LLM, USD; > 0. */
  readonly maxCostUsd: number
  /** What mixtures of the LLMs picked on the training prompts reach: the hull of their points. */
  readonly blindHull: readonly CostQualityPoint[]
}

/** Which LLMs set the scale, by index into the pool. */
export interface ScaleLlms {
  readonly cheapest: number
  readonly best: number
  readonly dearest: number
}

/** The LLMs that set the scale of these outcomes; matrices row-major, rows × `llmCount`, NaN unknown. */
export function scaleLlms(quality: Float64Array, costUsd: Float64Array, llmCount: number): ScaleLlms {
  const points = fixedLlmPoints(quality, costUsd, llmCount)
  const byCost = [...points].sort((a, b) => a.costUsd - b.costUsd || b.quality - a.quality)
  const byQuality = [...points].sort((a, b) => b.quality - a.quality || a.costUsd - b.costUsd)
  return { cheapest: byCost[0]!.llmIndex, best: byQuality[0]!.llmIndex, dearest: byCost.at(-1)!.llmIndex }
}

/**
 * @param fixed mean cost and quality of each LLM, by index.
 * @param onTrainHull the LLMs on the hull of the training prompts; every LLM when left out.
 */
export function staticScale(
  fixed: readonly CostQualityPoint[],
  { cheapest, best, dearest }: ScaleLlms,
  onTrainHull?: readonly number[],
): StaticScale {
  const blind = onTrainHull === undefined ? fixed : onTrainHull.map((llm) => fixed[llm]!)
  return {
    cheapest: fixed[cheapest]!,
    best: fixed[best]!,
    maxCostUsd: fixed[dearest]!.costUsd,
    blindHull: costQualityHull(blind.filter((point) => !Number.isNaN(point.quality) && !Number.isNaN(point.costUsd))),
  }
}

/** Bits of the mean costs of one LLM on the same prompts, summed in another order, may differ by this share. */
const roundingShare = 1e-9

/**
 * The points of a sweep, and the cheapest LLM's where the sweep does not come down to its cost: whoever has a router may
 * send any share of the requests there. Without it the flat continuation to cost 0 would credit a policy that has no
 * cheap setting with its quality for nothing.
 */
export function anchoredPoints(
  points: readonly CostQualityPoint[],
  scale: Pick<StaticScale, 'cheapest'>,
): readonly CostQualityPoint[] {
  const least = Math.min(...points.map((point) => point.costUsd))
  return least > scale.cheapest.costUsd * (1 + roundingShare) ? [...points, scale.cheapest] : points
}

/**
 * The figures of the `static` protocol (mathematics §11) in the order of {@link staticMetricNames}. NaN where a metric does
 * not exist; infinite where the curve never reaches the quality in question.
 *
 * All but `aiqRaw`, `peakQuality` and `sweepGain` read the hull: a mixture of two settings, drawn per request, is a router too.
 *
 * @param points mean cost and quality per setting, finite, at least one; see {@link anchoredPoints}.
 */
export function staticMetrics(points: readonly CostQualityPoint[], scale: StaticScale): number[] {
  const { cheapest, best, maxCostUsd } = scale
  const all = anchoredPoints(points, scale)
  const hull = costQualityHull(all)
  const width = best.costUsd - cheapest.costUsd
  const reach = (share: number): number =>
    costOfQuality(hull, share * best.quality - qualityRounding) ?? Number.POSITIVE_INFINITY
  const ofBest = (costUsd: number): number => (best.costUsd > 0 ? costUsd / best.costUsd : Number.NaN)
  return [
    averageImprovementInQuality(hull, maxCostUsd),
    width > 0 ? areaUnderCurve(hull, cheapest.costUsd, best.costUsd, width) : Number.NaN,
    areaUnderCurve(deferralCurve(all), 0, maxCostUsd, maxCostUsd),
    Math.max(...points.map((point) => point.quality)),
    ofBest(reach(1)),
    reach(1) / maxCostUsd,
    qualityAtCost(hull, best.costUsd / 4),
    ofBest(reach(0.95)),
    ofBest(reach(0.9725)),
    sweepGain(points, scale),
  ]
}

/** A router that sends everything to the best LLM has its quality, whatever the order of the sum. */
const qualityRounding = 1e-9

/**
 * Area between the straight lines through the points of a sweep by rising cost and the hull of the LLMs picked on the
 * training prompts, over the costs that the points span, as a share of c_max. Nothing about the sweep is chosen on the
 * prompts it is read on: neither a hull nor a running maximum, which would lift a router that orders tasks by chance.
 * NaN where the points span no cost, as there is no sweep then.
 */
export function sweepGain(
  points: readonly CostQualityPoint[],
  { blindHull, maxCostUsd }: Pick<StaticScale, 'blindHull' | 'maxCostUsd'>,
): number {
  const sorted = [...points].sort((a, b) => a.costUsd - b.costUsd)
  const from = Math.max(sorted[0]!.costUsd, blindHull[0]?.costUsd ?? Number.NaN)
  const to = sorted.at(-1)!.costUsd
  if (!(to > from)) return Number.NaN
  return areaUnderCurve(sorted, from, to, maxCostUsd) - areaUnderCurve(blindHull, from, to, maxCostUsd)
}
