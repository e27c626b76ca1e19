import type { CostQualityPoint } from '../../routing/decision/cost-quality-hull.ts'

/** What the plug-in rule knows and what then comes out; matrices are row-major, prompts × LLMs, unless said otherwise. */
export interface PlugInTable {
  readonly llmCount: number
  /** 1 − γ̂, finite. */
  readonly predictedQuality: Float64Array
  /** ĉ, USD, finite: one value per LLM (c(h)), shape [llmCount], or one per prompt and LLM. */
  readonly predictedCostUsd: Float64Array
  /** Recorded; a prompt whose chosen cell is NaN in either is left out of that point's means. */
  readonly quality: Float64Array
  readonly costUsd: Float64Array
}

/** At cost weight μ the choice for one prompt passes from one cell to the next. */
interface Switches {
  readonly costWeight: number[]
  readonly from: number[]
  readonly to: number[]
}

/**
 * The whole deferral curve of UniRoute's plug-in rule, argmin_h γ̂(x, h) + μ·ĉ_h (arXiv:2502.08773, Eq. 8–9), without a grid:
 * for each prompt the choice over μ ∈ [0, ∞) is the lower envelope of M lines, whose breakpoints are merged over all
 * prompts (mathematics §15). One point per interval of μ between distinct breakpoints, by rising μ: from the best predicted
 * to the cheapest predicted. Ties go to the cheaper.
 *
 * O(P·M² + B·log B) for P prompts and B breakpoints. Points of intervals in which no chosen cell is known are left out.
 */
export function plugInCurve(table: PlugInTable): CostQualityPoint[] {
  const { llmCount, quality, costUsd } = table
  const prompts = quality.length / llmCount
  const switches: Switches = { costWeight: [], from: [], to: [] }
  const sums = { costUsd: 0, quality: 0, known: 0 }
  const count = (cell: number, sign: 1 | -1): void => {
    if (Number.isNaN(quality[cell]!) || Number.isNaN(costUsd[cell]!)) return
    sums.costUsd += sign * costUsd[cell]!
    sums.quality += sign * quality[cell]!
    sums.known += sign
  }
  for (let prompt = 0; prompt < prompts; prompt++) {
    count(prompt * llmCount + addEnvelope(table, prompt, switches), 1)
  }
  const points: CostQualityPoint[] = []
  const addPoint = (): void => {
    if (sums.known > 0) points.push({ costUsd: sums.costUsd / sums.known, quality: sums.quality / sums.known })
  }
  addPoint()
  const order = Int32Array.from(switches.costWeight.keys()).sort(
    (a, b) => switches.costWeight[a]! - switches.costWeight[b]! || a - b,
  )
  for (let i = 0; i < order.length; i++) {
    const index = order[i]!
    count(switches.from[index]!, -1)
    count(switches.to[index]!, 1)
    const next = order[i + 1]
    if (next !== undefined && switches.costWeight[next] === switches.costWeight[index]) continue
    addPoint()
  }
  return points
}

/** Walks one prompt's envelope from μ = 0 upwards. @returns the LLM chosen at μ = 0. */
function addEnvelope(table: PlugInTable, prompt: number, switches: Switches): number {
  const { llmCount, predictedQuality, predictedCostUsd } = table
  const start = prompt * llmCount
  const costStart = predictedCostUsd.length === llmCount ? 0 : start
  const first = bestPredicted(predictedQuality, predictedCostUsd, start, costStart, llmCount)
  let current = first
  for (;;) {
    let next = -1
    let nextWeight = Number.POSITIVE_INFINITY
    for (let llm = 0; llm < llmCount; llm++) {
      const saving = predictedCostUsd[costStart + current]! - predictedCostUsd[costStart + llm]!
      if (!(saving > 0)) continue
      const weight = (predictedQuality[start + current]! - predictedQuality[start + llm]!) / saving
      const isCheaper = next !== -1 && predictedCostUsd[costStart + llm]! < predictedCostUsd[costStart + next]!
      if (weight > nextWeight || (weight === nextWeight && !isCheaper)) continue
      next = llm
      nextWeight = weight
    }
    if (next === -1) return first
    switches.costWeight.push(nextWeight)
    switches.from.push(start + current)
    switches.to.push(start + next)
    current = next
  }
}

function bestPredicted(
  quality: Float64Array,
  costUsd: Float64Array,
  start: number,
  costStart: number,
  llmCount: number,
): number {
  let best = 0
  for (let llm = 1; llm < llmCount; llm++) {
    const gain = quality[start + llm]! - quality[start + best]!
    if (gain > 0 || (gain === 0 && costUsd[costStart + llm]! < costUsd[costStart + best]!)) best = llm
  }
  return best
}
