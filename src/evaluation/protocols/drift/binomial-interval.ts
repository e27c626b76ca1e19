import type { Interval } from '../../evaluation-result.ts'

/** Fewer orders decide nothing: no interval by order statistics exists either. */
export const fewestOrders = 6

/**
 * The share of successes with Wilson's 95 % score interval (1927), which keeps to [0, 1] and does not collapse at either
 * end; none of fewer than {@link fewestOrders} trials.
 *
 * @param outcomes 0 or 1 each, at least one.
 */
export function binomialInterval(outcomes: readonly number[]): Interval {
  const n = outcomes.length
  const mean = outcomes.reduce((sum, value) => sum + value, 0) / n
  if (n < fewestOrders) return { mean, low: null, high: null }
  const z = 1.959964
  const shrink = 1 + (z * z) / n
  const centre = (mean + (z * z) / (2 * n)) / shrink
  const half = (z / shrink) * Math.sqrt((mean * (1 - mean)) / n + (z * z) / (4 * n * n))
  return { mean, low: Math.max(0, centre - half), high: Math.min(1, centre + half) }
}
