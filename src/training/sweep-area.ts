import type { CostQualityPoint } from '../routing/decision/cost-quality-hull.ts'

/**
 * Area under a sweep as it runs, from cost 0 to `maxCostUsd`, over `maxCostUsd`: points by rising cost, of equal cost their mean,
 * linear between and flat outside. Without hull or running maximum, which pick the lucky points.
 *
 * @param points at least one. @param maxCostUsd > 0.
 */
export function sweepArea(points: readonly CostQualityPoint[], maxCostUsd: number): number {
  const sorted = [...points].sort((a, b) => a.costUsd - b.costUsd)
  let area = 0
  let from = { costUsd: 0, quality: Number.NaN }
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const { costUsd } = sorted[start]!
    let sum = 0
    while (end < sorted.length && sorted[end]!.costUsd === costUsd) sum += sorted[end++]!.quality
    const quality = sum / (end - start)
    const left = Number.isNaN(from.quality) ? quality : from.quality
    if (costUsd >= maxCostUsd) {
      const share = costUsd > from.costUsd ? (maxCostUsd - from.costUsd) / (costUsd - from.costUsd) : 0
      return (area + (left + (share * (quality - left)) / 2) * (maxCostUsd - from.costUsd)) / maxCostUsd
    }
    area += ((left + quality) / 2) * (costUsd - from.costUsd)
    from = { costUsd, quality }
  }
  return (area + from.quality * (maxCostUsd - from.costUsd)) / maxCostUsd
}
