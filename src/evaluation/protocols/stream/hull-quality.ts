import { costQualityHull } from '../../../routing/decision/cost-quality-hull.ts'
import { areaUnderCurve, qualityAtCost } from '../../metrics/deferral-curve.ts'
import { combine, type Measured } from './measured.ts'
import type { RunSummary } from './summarise-runs.ts'

/**
 * Mean quality along the hull of some rows over a range of costs: what a caller gets who may spend that much.
 *
 * @param fromUsd < toUsd.
 */
export function bandQuality(rows: readonly RunSummary[], fromUsd: number, toUsd: number): Measured {
  return overHull(rows, (hull) => areaUnderCurve(hull, fromUsd, toUsd, toUsd - fromUsd))
}

/** Quality on the hull at a cost. */
export function qualityFor(rows: readonly RunSummary[], costUsd: number): Measured {
  return overHull(rows, (hull) => qualityAtCost(hull, costUsd))
}

function overHull(
  rows: readonly RunSummary[],
  read: (hull: readonly { readonly costUsd: number; readonly quality: number }[]) => number,
): Measured {
  const parts = rows.flatMap((row) => [row.costUsd, row.quality])
  return combine(parts, (values) => {
    if (values.some(Number.isNaN)) return Number.NaN
    return read(costQualityHull(rows.map((_, i) => ({ costUsd: values[2 * i]!, quality: values[2 * i + 1]! }))))
  })
}
