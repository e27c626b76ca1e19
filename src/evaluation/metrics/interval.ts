import { studentQuantile975 } from '../../routing/numeric/student-quantile.ts'
import type { Interval } from '../evaluation-result.ts'

/**
 * Mean over independent runs with Student's 95 % interval. With fewer than two runs the ends are null.
 *
 * @param values at least one, finite.
 */
export function studentInterval(values: readonly number[]): Interval {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  if (n < 2) return { mean, low: null, high: null }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  const half = studentQuantile975(n - 1) * Math.sqrt(variance / n)
  return { mean, low: mean - half, high: mean + half }
}

/**
 * The 95 % percentile interval of bootstrap replicates around an estimate.
 *
 * @param mean the estimate on the data themselves. @param replicates finite ones count; fewer than 20 give no interval.
 */
export function percentileInterval(mean: number, replicates: readonly number[]): Interval {
  const sorted = replicates.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length < 20) return { mean, low: null, high: null }
  return { mean, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }
}

/**
 * Two-sided bootstrap p-value of "the difference is 0": twice the smaller share of replicates on one side of 0, each with
 * one added, so that it is never 0.
 */
export function bootstrapPValue(replicates: readonly number[]): number {
  const finite = replicates.filter(Number.isFinite)
  const below = finite.filter((value) => value <= 0).length + 1
  const above = finite.filter((value) => value >= 0).length + 1
  return Math.min(1, (2 * Math.min(below, above)) / (finite.length + 1))
}

/** Linear interpolation between order statistics; `share` in [0, 1]. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const left = Math.floor(place)
  const right = Math.min(sorted.length - 1, left + 1)
  return sorted[left]! + (place - left) * (sorted[right]! - sorted[left]!)
}

/**
 * Holm's step-down correction (1979): p-values in the order given, each multiplied by how many are not smaller, made
 * monotone, at most 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!)
  const adjusted = new Array<number>(pValues.length)
  let largest = 0
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - rank)))
    adjusted[index] = largest
  })
  return adjusted
}
