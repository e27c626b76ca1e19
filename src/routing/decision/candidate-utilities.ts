import type { CandidateBuffers } from './candidate-buffers.ts'
import { type TradeOff, type UtilityOptions, utility } from './utility.ts'

export interface QualityRuleOptions {
  /** Every q̂ below this: paying more would buy nothing. */
  readonly hopelessQuality: number
  /** All q̂ within this of each other: they differ by less than the estimates can tell. */
  readonly equalQuality: number
}

/** λ = 0: cost alone. */
const costAlone: TradeOff = { quality: 0, cost: 1 }

/**
 * Fills the utilities of the first `count` candidates and their deviations from their quality, uncertainty, cost and latency penalty. Where quality
 * cannot decide, as every q̂ is hopeless or all are nearly equal, cost and time do (mathematics §5).
 *
 * @param isFitted the rule for undecided quality needs knowledge: between priors of nothing fitted it is off.
 * @returns which rule made them.
 */
export function candidateUtilities(
  buffers: CandidateBuffers,
  count: number,
  weights: TradeOff,
  isFitted: boolean,
  options: UtilityOptions & QualityRuleOptions,
): 'utility' | 'cheapest' {
  const { mean, uncertainty, comparableCostUsd, optimism, penalty, deviation, reach, utility: utilities } = buffers
  const decides = !isFitted || qualityDecides(mean, count, options)
  const applied = decides ? weights : costAlone
  for (let i = 0; i < count; i++) {
    deviation[i] = applied.quality * uncertainty[i]!
    reach[i] = applied.quality * (1 - mean[i]!)
    const hoped = Math.min(1, mean[i]! + optimism[i]! * uncertainty[i]!)
    utilities[i] = utility(hoped, 0, comparableCostUsd[i]!, penalty[i]!, applied, options)
  }
  return decides ? 'utility' : 'cheapest'
}

function qualityDecides(mean: Float64Array, count: number, options: QualityRuleOptions): boolean {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    lowest = Math.min(lowest, mean[i]!)
    highest = Math.max(highest, mean[i]!)
  }
  return highest >= options.hopelessQuality && highest - lowest >= options.equalQuality
}
