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
 * κ of the shrinkage to the LLM means (design §3.3): the one with the best out-of-fold AIQ, the largest of equals.
 * Without any known cost there is no AIQ; then κ is 1.
 */
export function chooseTrust({ combined, means, costUsd, rows }: TrustChoice): number {
  const llmCount = rows.llms.length
  const fixed = fixedLlmPoints(rows.quality, rows.costUsd, llmCount)
  const maxCostUsd = Math.max(0, ...fixed.map((point) => point.costUsd))
  if (!(maxCostUsd > 0)) return 1
  const costWeights = sweepCostWeights().filter((_, index) => index % costWeightStride === 0)
  let best = 1
  let bestArea = Number.NEGATIVE_INFINITY
  for (const trust of candidates) {
    const predictedQuality = combined.map((value, cell) => means[cell]! + trust * (value - means[cell]!))
    const table = {
      llmCount,
      predictedQuality,
      predictedCostUsd: costUsd,
      quality: rows.quality,
      costUsd: rows.costUsd,
    }
    const points = sweepPoints(table, maxCostUsd, costWeights)
    if (points.length === 0) return 1
    const area = averageImprovementInQuality(points, maxCostUsd)
    if (area >= bestArea) {
      best = trust
      bestArea = area
    }
  }
  return best
}
