import type { CostQualityPoint } from '../../routing/decision/cost-quality-hull.ts'

/**
 * A deferral curve Q(C): points by strictly rising cost with quality made non-decreasing, as a caller may always stop at
 * the better point before. Between points it is linear (a mixture of the two), before the first and after the last flat.
 *
 * @param points finite, at least one.
 */
export function deferralCurve(points: readonly CostQualityPoint[]): CostQualityPoint[] {
  const sorted = [...points].sort((a, b) => a.costUsd - b.costUsd || b.quality - a.quality)
  const curve: CostQualityPoint[] = []
  let best = Number.NEGATIVE_INFINITY
  for (const point of sorted) {
    if (curve.length > 0 && point.costUsd === curve.at(-1)!.costUsd) continue
    best = Math.max(best, point.quality)
    curve.push({ costUsd: point.costUsd, quality: best })
  }
  return curve
}

/**
 * The sweep as it runs: points by strictly rising cost, of equal cost their mean quality, no maximum. Nothing is picked by the
 * outcomes, so that a rule that knows nothing of the prompts gains nothing by having many points, as it does in
 * {@link deferralCurve}. Linear between points, flat outside.
 *
 * @param points finite, at least one.
 */
export function rawCurve(points: readonly CostQualityPoint[]): CostQualityPoint[] {
  const sorted = [...points].sort((a, b) => a.costUsd - b.costUsd)
  const curve: CostQualityPoint[] = []
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const { costUsd } = sorted[start]!
    let sum = 0
    while (end < sorted.length && sorted[end]!.costUsd === costUsd) sum += sorted[end++]!.quality
    curve.push({ costUsd, quality: sum / (end - start) })
  }
  return curve
}

/** Q(C). @param curve as {@link deferralCurve} or {@link rawCurve} returns it, or a hull. */
export function qualityAtCost(curve: readonly CostQualityPoint[], costUsd: number): number {
  if (costUsd <= curve[0]!.costUsd) return curve[0]!.quality
  for (let i = 1; i < curve.length; i++) {
    const right = curve[i]!
    if (costUsd > right.costUsd) continue
    const left = curve[i - 1]!
    const share = (costUsd - left.costUsd) / (right.costUsd - left.costUsd)
    return left.quality + share * (right.quality - left.quality)
  }
  return curve.at(-1)!.quality
}

/**
 * Area under the curve between two costs, divided by `normaliserUsd`. UniRoute's Area (arXiv:2502.08773): from 0 to the
 * pool's largest cost, over it; its Area (50 %): up to half of it, over the whole.
 *
 * @param curve as {@link deferralCurve} or {@link rawCurve} returns it, or a hull. @param normaliserUsd > 0.
 */
export function areaUnderCurve(
  curve: readonly CostQualityPoint[],
  fromUsd: number,
  toUsd: number,
  normaliserUsd: number,
): number {
  const points = [
    { costUsd: fromUsd, quality: qualityAtCost(curve, fromUsd) },
    ...curve.filter((point) => point.costUsd > fromUsd && point.costUsd < toUsd),
    { costUsd: toUsd, quality: qualityAtCost(curve, toUsd) },
  ]
  let area = 0
  for (let i = 1; i < points.length; i++) {
    const left = points[i - 1]!
    const right = points[i]!
    area += ((left.quality + right.quality) / 2) * (right.costUsd - left.costUsd)
  }
  return area / normaliserUsd
}

/** The least cost at which the curve reaches a quality, USD; undefined when it never does. */
export function costOfQuality(curve: readonly CostQualityPoint[], quality: number): number | undefined {
  if (curve[0]!.quality >= quality) return curve[0]!.costUsd
  for (let i = 1; i < curve.length; i++) {
    const right = curve[i]!
    if (right.quality < quality) continue
    const left = curve[i - 1]!
    const share = (quality - left.quality) / (right.quality - left.quality)
    return left.costUsd + share * (right.costUsd - left.costUsd)
  }
  return undefined
}
