import { clusteredMean, type EstimatedMean, withError } from './clustered-mean.ts'
import type { OffPolicyLog } from './off-policy-log.ts'

/** Rows that the variance of all LLMs together counts for beside an LLM's own. */
const sharedRows = 10

/** By LLM: Σ over rows of what drawing at random does to the variance of a sum of weighted residuals. */
export interface WeightSpread {
  /** Σ π²/p */
  readonly target: Float64Array
  /** Σ (π − p)²/p */
  readonly difference: Float64Array
}

/** Of all that might have been drawn, not only of what was. */
export function weightSpread(
  { rows, offsets, llm, llms, logging }: OffPolicyLog,
  probability: Float64Array,
): WeightSpread {
  const target = new Float64Array(llms.length)
  const difference = new Float64Array(llms.length)
  for (let place = offsets[0]!; place < offsets[rows]!; place++) {
    const p = logging[place]!
    if (!(p > 0)) continue
    const pi = probability[place]!
    target[llm[place]!]! += (pi * pi) / p
    difference[llm[place]!]! += ((pi - p) * (pi - p)) / p
  }
  return { target, difference }
}

/** By LLM: mean square of the residuals (r − r̂)/ℓ of its draws. */
export function residualSquares({ rows, drawn, llm, llms }: OffPolicyLog, residual: Float64Array): Float64Array {
  const squares = new Float64Array(llms.length)
  const counts = new Float64Array(llms.length)
  let all = 0
  for (let i = 0; i < rows; i++) {
    const square = residual[i]! * residual[i]!
    squares[llm[drawn[i]!]!]! += square
    counts[llm[drawn[i]!]!]!++
    all += square
  }
  return squares.map((sum, m) => (sum + (sharedRows * all) / rows) / (counts[m]! + sharedRows))
}

/**
 * The interval of a doubly robust mean. What was seen, the clustered spread of the scores, misses heavy weights that happened not to be drawn, and is
 * too narrow for it. What was to be expected knows all weights that might have been drawn, and takes the residuals' variance to be the same in all
 * draws of an LLM:
 *
 *     V_exp = variance of the mean of Σ_a π(a)·r̂(a) + 1/n²·Σ_m spread_m·E[(r − r̂)²/ℓ² | m]
 *
 * Where it is more than the variance seen, the interval takes the middle of the two (mathematics §23: measured coverage).
 *
 * @param scores by row. @param expected by row, the direct model's part of them.
 */
export function guardedMean(
  log: OffPolicyLog,
  scores: Float64Array,
  expected: Float64Array,
  spread: Float64Array,
  squares: Float64Array,
): EstimatedMean {
  const { cluster, clusters, rows } = log
  const sums = new Float64Array(clusters)
  const seen = clusteredMean(scores, cluster, clusters, sums)
  const modelError = clusteredMean(expected, cluster, clusters, sums).standardError
  let drawVariance = 0
  for (let m = 0; m < spread.length; m++) drawVariance += spread[m]! * squares[m]!
  const expectedVariance = modelError ** 2 + drawVariance / (rows * rows)
  const seenVariance = seen.standardError ** 2
  if (!(expectedVariance > seenVariance)) return seen
  return withError(seen.value, Math.sqrt((expectedVariance + seenVariance) / 2), clusters)
}
