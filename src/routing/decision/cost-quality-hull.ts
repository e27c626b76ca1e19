/** One choice rule, or one LLM, by what it costs and yields on average. */
export interface CostQualityPoint {
  readonly costUsd: number
  readonly quality: number
}

/**
 * The non-decreasing upper hull: the points that some mixture of points does not beat at the same or a lower cost, by
 * rising cost. Consecutive points rise strictly in cost and quality, with falling slope. Of equal points one stays.
 *
 * @param points finite, at least one.
 * @returns newly allocated; at least one point, the last being the cheapest of the best quality.
 */
export function costQualityHull<P extends CostQualityPoint>(points: readonly P[]): P[] {
  const sorted = [...points].sort((a, b) => a.costUsd - b.costUsd || b.quality - a.quality)
  const hull: P[] = []
  for (const point of sorted) {
    const last = hull.at(-1)
    if (last !== undefined && point.quality <= last.quality) continue
    while (hull.length >= 2 && isUnderChord(hull.at(-2)!, hull.at(-1)!, point)) hull.pop()
    hull.push(point)
  }
  return hull
}

function isUnderChord(left: CostQualityPoint, middle: CostQualityPoint, right: CostQualityPoint): boolean {
  return (
    (middle.quality - left.quality) * (right.costUsd - left.costUsd) <=
    (right.quality - left.quality) * (middle.costUsd - left.costUsd)
  )
}

/**
 * Quality on the hull at a cost: linear between points (a mixture of the two), flat beyond the last and, as in AIQ,
 * flat at the first point's quality below it.
 *
 * @param hull as {@link costQualityHull} returns it.
 */
export function hullQuality(hull: readonly CostQualityPoint[], costUsd: number): number {
  const first = hull[0]!
  if (costUsd <= first.costUsd) return first.quality
  for (let i = 1; i < hull.length; i++) {
    const right = hull[i]!
    if (costUsd > right.costUsd) continue
    const left = hull[i - 1]!
    const share = (costUsd - left.costUsd) / (right.costUsd - left.costUsd)
    return left.quality + share * (right.quality - left.quality)
  }
  return hull.at(-1)!.quality
}

/**
 * Average improvement in quality (RouterBench, arXiv:2403.12031), as mathematics §9 sets it: the area under the
 * non-decreasing hull from cost 0 to `maxCostUsd`, flat from 0 to the first point and from the last to the end, divided
 * by `maxCostUsd`. Quality units. Points dearer than `maxCostUsd` shape the hull, but only the area up to it counts.
 *
 * @param maxCostUsd mean cost of the pool's dearest LLM; > 0.
 */
export function averageImprovementInQuality(points: readonly CostQualityPoint[], maxCostUsd: number): number {
  const hull = costQualityHull(points)
  let area = hull[0]!.quality * Math.min(hull[0]!.costUsd, maxCostUsd)
  for (let i = 1; i < hull.length; i++) {
    const from = hull[i - 1]!.costUsd
    if (from >= maxCostUsd) break
    const to = Math.min(hull[i]!.costUsd, maxCostUsd)
    area += ((hullQuality(hull, from) + hullQuality(hull, to)) / 2) * (to - from)
  }
  area += hull.at(-1)!.quality * Math.max(0, maxCostUsd - hull.at(-1)!.costUsd)
  return area / maxCostUsd
}

/** The cost weights μ of a sweep (mathematics §9): 0 and 120 values in equal ratios from 10⁻⁴ to 10^2.5. */
export function sweepCostWeights(): Float64Array {
  const steps = 120
  const weights = new Float64Array(steps + 1)
  for (let i = 0; i < steps; i++) weights[i + 1] = 10 ** (-4 + (6.5 * i) / (steps - 1))
  return weights
}

/** What a sweep over cost weights reads; matrices are row-major, rows × llms. */
export interface SweepTable {
  readonly llmCount: number
  /** q̂ and ĉ, by which the LLM is chosen; an LLM with either NaN is not chosen. */
  readonly predictedQuality: Float64Array
  readonly predictedCostUsd: Float64Array
  /** What then came out; a row whose chosen cell is NaN in either is left out of that point's means. */
  readonly quality: Float64Array
  readonly costUsd: Float64Array
}

/**
 * Mean cost and quality of argmax q̂ − μ·ĉ/`maxCostUsd` over all rows, one point per μ; ties go to the LLM that is
 * predicted cheaper. A μ under which no chosen cell is known gives no point.
 */
export function sweepPoints(
  table: SweepTable,
  maxCostUsd: number,
  costWeights: Float64Array = sweepCostWeights(),
): CostQualityPoint[] {
  const points: CostQualityPoint[] = []
  const rows = table.quality.length / table.llmCount
  for (const weight of costWeights) {
    let cost = 0
    let quality = 0
    let known = 0
    for (let row = 0; row < rows; row++) {
      const cell = bestCell(table, row, weight / maxCostUsd)
      if (cell === -1 || Number.isNaN(table.quality[cell]!) || Number.isNaN(table.costUsd[cell]!)) continue
      cost += table.costUsd[cell]!
      quality += table.quality[cell]!
      known++
    }
    if (known > 0) points.push({ costUsd: cost / known, quality: quality / known })
  }
  return points
}

function bestCell(table: SweepTable, row: number, costWeight: number): number {
  let best = -1
  let bestUtility = Number.NEGATIVE_INFINITY
  for (let llm = 0; llm < table.llmCount; llm++) {
    const cell = row * table.llmCount + llm
    const cost = table.predictedCostUsd[cell]!
    const utility = table.predictedQuality[cell]! - costWeight * cost
    if (utility > bestUtility || (utility === bestUtility && cost < table.predictedCostUsd[best]!)) {
      best = cell
      bestUtility = utility
    }
  }
  return best
}

/**
 * The mean cost and quality of each LLM over the rows where both are known: the points whose hull is ZeroRouter
 * (arXiv:2403.12031), the best one gets without looking at prompts. An LLM without such a row is left out.
 */
export function fixedLlmPoints(
  quality: Float64Array,
  costUsd: Float64Array,
  llmCount: number,
): (CostQualityPoint & { readonly llmIndex: number })[] {
  const points: (CostQualityPoint & { readonly llmIndex: number })[] = []
  for (let llm = 0; llm < llmCount; llm++) {
    let cost = 0
    let sum = 0
    let known = 0
    for (let cell = llm; cell < quality.length; cell += llmCount) {
      if (Number.isNaN(quality[cell]!) || Number.isNaN(costUsd[cell]!)) continue
      cost += costUsd[cell]!
      sum += quality[cell]!
      known++
    }
    if (known > 0) points.push({ llmIndex: llm, costUsd: cost / known, quality: sum / known })
  }
  return points
}
