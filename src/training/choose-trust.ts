import { fixedLlmPoints, sweepCostWeights } from '../routing/decision/cost-quality-hull.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { bestCells } from './best-cells.ts'

/** Out-of-fold predictions, row-major like the rows' own matrices. */
export interface TrustChoice {
  readonly combined: Float64Array
  /** q̄ as each row's fold met it. */
  readonly means: Float64Array
  /** ĉ; read where the rows know any cost. */
  readonly costUsd: Float64Array
  readonly rows: TrainingRows
}

/** Every third μ of the full sweep: κ comes out the same, in a third of the time. */
const costWeightStride = 3

/**
 * κ of the shrinkage to the LLM means (mathematics §2): which share of the gain that predictions claim over the means comes true.
 * At every μ of the sweep and for every row, a is the LLM that the predictions choose and b the one that the means choose; least squares of
 * what a really had over b on what was claimed, both less the difference of their means:
 *
 *     κ = Σ d·y / Σ d²      d = (q̂_a − q̄_a) − (q̂_b − q̄_b)      y = (q_a − q̄_a) − (q_b − q̄_b)
 *
 * held to [0, 1]. An argmax over many LLMs picks what was overestimated, so that κ is below the slope over all cells. Rows
 * where both choose the same LLM, or where a label is unknown, say nothing; without any claim κ is 1. Without any known
 * cost, μ = 0 alone.
 */
export function chooseTrust({ combined, means, costUsd, rows }: TrustChoice): number {
  const width = rows.llms.length
  const maxCostUsd = Math.max(0, ...fixedLlmPoints(rows.quality, rows.costUsd, width).map((point) => point.costUsd))
  const costWeights =
    maxCostUsd > 0 ? sweepCostWeights().filter((_, index) => index % costWeightStride === 0) : Float64Array.of(0)
  const costs = maxCostUsd > 0 ? costUsd : new Float64Array(combined.length)
  let product = 0
  let square = 0
  const predicted = new Int32Array(rows.contexts.length)
  const blind = new Int32Array(rows.contexts.length)
  for (const weight of costWeights) {
    const perUsd = maxCostUsd > 0 ? weight / maxCostUsd : 0
    bestCells(combined, costs, width, perUsd, predicted)
    bestCells(means, costs, width, perUsd, blind)
    for (let row = 0; row < predicted.length; row++) {
      const a = predicted[row]!
      const b = blind[row]!
      if (a === b || a === -1 || b === -1) continue
      const meanGain = means[a]! - means[b]!
      const actual = rows.quality[a]! - rows.quality[b]! - meanGain
      if (Number.isNaN(actual)) continue
      const claimed = combined[a]! - combined[b]! - meanGain
      product += claimed * actual
      square += claimed * claimed
    }
  }
  return square > 0 ? Math.min(1, Math.max(0, product / square)) : 1
}
