import { type CostQualityPoint, costQualityHull, fixedLlmPoints } from '../../../routing/decision/cost-quality-hull.ts'
import { summariseColumns, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { areaUnderCurve, costOfQuality, deferralCurve, qualityAtCost, rawCurve } from '../../metrics/deferral-curve.ts'
import { plugInCurve } from '../../uniroute/plug-in-curve.ts'

/** Where curves of several trials are read: shares of the trial's c_max, dense where LLMs are cheap. */
export const curveShares: readonly number[] = Array.from({ length: 41 }, (_, i) => (i / 40) ** 2)

/** Test outcomes of the pool, and what they are measured by. */
export interface TestPool {
  readonly rows: TrainingRows
  /** c_max: mean test cost of the dearest LLM, USD. */
  readonly maxCostUsd: number
  /** h*: the LLM of the best test quality (of equal ones the cheapest), by its test means. */
  readonly best: CostQualityPoint
  /** Mean test quality of each LLM. */
  readonly meanQuality: Float64Array
}

export type TrialMetrics = Readonly<Record<string, number>>

/** Above what sums are rounded by, far below the share of one prompt. */
const qualityTolerance = 1e-12

/** @param rows test prompts × pool; with no known cell in common of quality and cost there is no best LLM. */
export function testPool(rows: TrainingRows): TestPool {
  const fixed = fixedLlmPoints(rows.quality, rows.costUsd, rows.llms.length)
  return {
    rows,
    maxCostUsd: Math.max(0, ...fixed.map((point) => point.costUsd)),
    best: costQualityHull(fixed).at(-1)!,
    meanQuality: summariseColumns(rows.quality, rows.llms.length).means,
  }
}

/** The plug-in rule on the test prompts with given estimates. @param predictedCostUsd per LLM or per cell. */
export function routeTest(
  pool: TestPool,
  predictedQuality: Float64Array,
  predictedCostUsd: Float64Array,
): CostQualityPoint[] {
  const { rows } = pool
  return plugInCurve({
    llmCount: rows.llms.length,
    predictedQuality,
    predictedCostUsd,
    quality: rows.quality,
    costUsd: rows.costUsd,
  })
}

/**
 * The metrics of one deferral curve (mathematics §17). `areaRaw`, the area of the sweep as it runs, is what policies are
 * judged by. UniRoute's own are chosen in hindsight, by a running maximum over the test outcomes: `area`, `area50`, `peak`, and the quality-neutral cost over the best
 * LLM's own cost (`qnc`) and over c_max (`qncMax`), at most what that LLM costs, as one may always call it; `qncReached`
 * is 1 where the curve reaches its quality.
 */
export function curveMetrics(pool: TestPool, points: readonly CostQualityPoint[]): TrialMetrics {
  const { maxCostUsd, best } = pool
  const curve = deferralCurve(points)
  const reachedUsd = costOfQuality(curve, best.quality - qualityTolerance)
  const neutralUsd = Math.min(best.costUsd, reachedUsd ?? best.costUsd)
  return {
    areaRaw: areaUnderCurve(rawCurve(points), 0, maxCostUsd, maxCostUsd),
    area: areaUnderCurve(curve, 0, maxCostUsd, maxCostUsd),
    area50: areaUnderCurve(curve, 0, maxCostUsd / 2, maxCostUsd),
    qnc: best.costUsd > 0 ? neutralUsd / best.costUsd : 1,
    qncReached: reachedUsd === undefined ? 0 : 1,
    qncMax: neutralUsd / maxCostUsd,
    peak: curve.at(-1)!.quality,
  }
}

/** Mean over LLMs of |mean q̂ − mean q| on the test prompts: how well each LLM's level is known. */
export function meanQualityError(pool: TestPool, predictedQuality: Float64Array): number {
  const { means } = summariseColumns(predictedQuality, pool.rows.llms.length)
  return means.reduce((sum, mean, llm) => sum + Math.abs(mean - pool.meanQuality[llm]!), 0) / means.length
}

/** The sweep as it runs, read at {@link curveShares} of c_max; null below the curve's cheapest point, where nothing can be had. */
export function sampledCurve(pool: TestPool, points: readonly CostQualityPoint[]): (number | null)[] {
  const curve = rawCurve(points)
  return curveShares.map((share) => {
    const costUsd = share * pool.maxCostUsd
    return costUsd < curve[0]!.costUsd ? null : qualityAtCost(curve, costUsd)
  })
}
