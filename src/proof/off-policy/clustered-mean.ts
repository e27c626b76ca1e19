import { studentQuantile975 } from '../../routing/numeric/student-quantile.ts'

/** A mean with its 95 % interval. */
export interface EstimatedMean {
  readonly value: number
  /** Ends of the interval; infinite where fewer than two clusters say anything. */
  readonly low: number
  readonly high: number
  readonly standardError: number
}

/**
 * Mean of rows and Student's 95 % interval, clustered: rows of one cluster may depend on one another, clusters do not. With S_g the sum of
 * the deviations (score − mean) in cluster g,
 *
 *     variance of the mean = G/(G − 1)·Σ_g S_g²/n²        G − 1 degrees of freedom
 *
 * (Liang and Zeger 1986, with the usual small-sample factor); with every row its own cluster it is s²/n.
 *
 * @param scores by row. @param cluster by row, [0, clusters). @param sums scratch, at least `clusters` long.
 */
export function clusteredMean(
  scores: Float64Array,
  cluster: Int32Array,
  clusters: number,
  sums: Float64Array = new Float64Array(clusters),
): EstimatedMean {
  const n = scores.length
  let total = 0
  for (let i = 0; i < n; i++) total += scores[i]!
  const value = total / n
  if (clusters < 2) return { value, low: -Infinity, high: Infinity, standardError: Number.NaN }
  sums.fill(0, 0, clusters)
  for (let i = 0; i < n; i++) {
    const place = cluster[i]!
    sums[place] = sums[place]! + scores[i]! - value
  }
  let squares = 0
  for (let g = 0; g < clusters; g++) squares += sums[g]! * sums[g]!
  const standardError = Math.sqrt(((clusters / (clusters - 1)) * squares) / (n * n))
  return withError(value, standardError, clusters)
}

/** The interval of a mean whose standard error is known by other means. */
export function withError(value: number, standardError: number, clusters: number): EstimatedMean {
  const half = studentQuantile975(clusters - 1) * standardError
  return { value, low: value - half, high: value + half, standardError }
}
