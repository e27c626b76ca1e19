import {
  averageImprovementInQuality,
  fixedLlmPoints,
  sweepCostWeights,
  sweepPoints,
} from '../routing/decision/cost-quality-hull.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'

/** Out-of-fold predictions, row-major like the rows' own matrices. */
export interface TrustChoice {
  readonly combined: Float64Array
  /** q̄ as each row's fold met it. */
  readonly means: Float64Array
  readonly costUsd: Float64Array
  readonly rows: TrainingRows
}

const candidates = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const

/** Every third μ of the full sweep: κ is told apart as well, in a third of the time. */
const costWeightStride = 3

/**
 * Times 1/√rows: a gain in AIQ that is no reason to distrust the predictions. On 1,766 and 2,205 rows the out-of-fold AIQ of
 * one member has a standard deviation of .0004 to .0017 over seeds (four seeds, two sets, three kinds).
 */
const indistinguishable = 0.045

/**
 * κ of the shrinkage to the LLM means (mathematics §2), by out-of-fold AIQ: the largest that comes within .045/√rows of the best.
 * AIQ hardly sees the scale of q̂, but λ does, so that κ leaves it alone where it gains nothing. Without any known cost
 * there is no AIQ; then κ is 1.
 */
export function chooseTrust({ combined, means, costUsd, rows }: TrustChoice): number {
  const llmCount = rows.llms.length
  const fixed = fixedLlmPoints(rows.quality, rows.costUsd, llmCount)
  const maxCostUsd = Math.max(0, ...fixed.map((point) => point.costUsd))
  if (!(maxCostUsd > 0)) return 1
  const costWeights = sweepCostWeights().filter((_, index) => index % costWeightStride === 0)
  const areas = candidates.map((trust) => {
    const predictedQuality = combined.map((value, cell) => means[cell]! + trust * (value - means[cell]!))
    const table = {
      llmCount,
      predictedQuality,
      predictedCostUsd: costUsd,
      quality: rows.quality,
      costUsd: rows.costUsd,
    }
    const points = sweepPoints(table, maxCostUsd, costWeights)
    return points.length === 0 ? Number.NEGATIVE_INFINITY : averageImprovementInQuality(points, maxCostUsd)
  })
  const best = Math.max(...areas)
  if (best === Number.NEGATIVE_INFINITY) return 1
  const tolerance = indistinguishable / Math.sqrt(rows.contexts.length)
  return candidates[areas.findLastIndex((area) => area >= best - tolerance)]!
}
