import { areaUnderCurve, qualityAtCost, rawCurve } from '../../metrics/deferral-curve.ts'
import { combine, type Measured } from './measured.ts'
import type { RunSummary } from './summarise-runs.ts'

/** A range of costs, USD. */
export interface Band {
  readonly fromUsd: number
  readonly toUsd: number
}

/**
 * Quality of a sweep at a cost: linear between the two neighbouring λ, which is what mixing them gives. Nothing is picked by the
 * test outcomes, as a hull would. Flat beyond the dearest λ.
 *
 * @returns NaN where the cheapest λ costs more: the sweep does not reach that cost.
 */
export function qualityFor(rows: readonly RunSummary[], costUsd: number): Measured {
  return combine(costsAndQualities(rows), (values) => {
    const curve = curveOf(values)
    return curve === undefined || curve[0]!.costUsd > costUsd ? Number.NaN : qualityAtCost(curve, costUsd)
  })
}

/**
 * Relative gain in mean quality of one sweep over another within a band of costs; the band starts at the larger of its own
 * start and the two sweeps' cheapest costs, so that neither is extended to costs it cannot keep to.
 *
 * @returns NaN where nothing of the band is left.
 */
export function bandLift(rows: readonly RunSummary[], against: readonly RunSummary[], band: Band): Measured {
  return combine([...costsAndQualities(rows), ...costsAndQualities(against)], (values) => {
    const own = curveOf(values.slice(0, 2 * rows.length))
    const other = curveOf(values.slice(2 * rows.length))
    if (own === undefined || other === undefined) return Number.NaN
    const fromUsd = Math.max(band.fromUsd, own[0]!.costUsd, other[0]!.costUsd)
    if (fromUsd >= band.toUsd) return Number.NaN
    return areaUnderCurve(own, fromUsd, band.toUsd, 1) / areaUnderCurve(other, fromUsd, band.toUsd, 1) - 1
  })
}

function costsAndQualities(rows: readonly RunSummary[]): Measured[] {
  return rows.flatMap((row) => [row.costUsd, row.quality])
}

/** @param values cost and quality in turn. */
function curveOf(values: readonly number[]): ReturnType<typeof rawCurve> | undefined {
  if (values.some(Number.isNaN)) return undefined
  return rawCurve(
    Array.from({ length: values.length / 2 }, (_, i) => ({ costUsd: values[2 * i]!, quality: values[2 * i + 1]! })),
  )
}
