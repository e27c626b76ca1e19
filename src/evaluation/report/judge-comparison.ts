import type { Comparison } from '../evaluation-result.ts'
import { metricDescription } from './metric-descriptions.ts'

/** What a paired difference says about its policy; `even` is not distinguishable, `untold` has no direction. */
export type ComparisonReading = 'better' | 'worse' | 'even' | 'untold'

/** Family-wise error rate at which a difference counts. */
export const significance = 0.05

/** Reads a difference by Holm's p; without one, by whether the interval leaves out 0. */
export function judgeComparison(comparison: Comparison): ComparisonReading {
  const { better } = metricDescription(comparison.metric)
  const { mean, low, high } = comparison.difference
  if (better === 'neither' || !Number.isFinite(mean)) return 'untold'
  if (!isBeyondChance(comparison.pHolm, low, high) || mean === 0) return 'even'
  return mean > 0 === (better === 'higher') ? 'better' : 'worse'
}

/** The same difference seen from the other policy. */
export function flipComparison(comparison: Comparison): Comparison {
  const { mean, low, high } = comparison.difference
  return {
    ...comparison,
    policy: comparison.against,
    against: comparison.policy,
    difference: { mean: -mean, low: high === null ? null : -high, high: low === null ? null : -low },
  }
}

function isBeyondChance(pHolm: number | null, low: number | null, high: number | null): boolean {
  if (pHolm !== null && Number.isFinite(pHolm)) return pHolm < significance
  if (low === null || high === null) return false
  return low > 0 || high < 0
}
