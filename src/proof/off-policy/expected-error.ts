import { servedChanged } from './changing-spread.ts'
import { clusteredMean, type EstimatedMean, withError } from './clustered-mean.ts'
import type { TargetChoices } from './off-policy-log.ts'
import type { PreparedLog } from './prepare-log.ts'

/** Rows that the variance of the larger group counts for beside a group's own. */
const sharedRows = 10

/** How far an interval goes from the variance seen to a larger one expected: measured to cover, neither much less nor much more. */
const usualShare = 1 / 3

/** The same where what served changed along the log: r̂ was worse when less was known, so that strata expect too little of times with heavy weights. */
const shareOfChange = 1 / 2

/**
 * Σ over rows of what drawing at random does to the variance of a sum of weighted residuals, by stratum: two per LLM, at 2m the rows where it was
 * the most likely to be drawn, at 2m + 1 the others. Requests on which an LLM is the favourite are not those on which it is not.
 */
export interface WeightSpread {
  /** Σ π²/p */
  readonly target: Float64Array
  /** Σ (π − p)²/p */
  readonly difference: Float64Array
  /** How far an interval goes to the variance expected, where it is more than what was seen, [0, 1]. */
  readonly expectedShare: number
}

/** Of all that might have been drawn, not only of what was. */
export function weightSpread({ log, favourite }: PreparedLog, choices: TargetChoices): WeightSpread {
  const { rows, offsets, llm, llms, logging } = log
  const { probability } = choices
  const target = new Float64Array(2 * llms.length)
  const difference = new Float64Array(2 * llms.length)
  for (let i = 0; i < rows; i++) {
    for (let place = offsets[i]!; place < offsets[i + 1]!; place++) {
      const p = logging[place]!
      if (!(p > 0)) continue
      const stratum = 2 * llm[place]! + (place === favourite[i] ? 0 : 1)
      const pi = probability[place]!
      target[stratum]! += (pi * pi) / p
      difference[stratum]! += ((pi - p) * (pi - p)) / p
    }
  }
  return { target, difference, expectedShare: servedChanged(log, choices) ? shareOfChange : usualShare }
}

/** By stratum: mean square of the residuals (r − r̂)/ℓ of its draws, drawn to that of the LLM, and this to that of all. */
export function residualSquares({ log, favourite }: PreparedLog, residual: Float64Array): Float64Array {
  const { rows, drawn, llm, llms } = log
  const squares = new Float64Array(2 * llms.length)
  const counts = new Float64Array(2 * llms.length)
  let all = 0
  for (let i = 0; i < rows; i++) {
    const stratum = 2 * llm[drawn[i]!]! + (drawn[i] === favourite[i] ? 0 : 1)
    const square = residual[i]! * residual[i]!
    squares[stratum]! += square
    counts[stratum]!++
    all += square
  }
  return squares.map((sum, stratum) => {
    const other = stratum ^ 1
    const own = (sum + squares[other]! + (sharedRows * all) / rows) / (counts[stratum]! + counts[other]! + sharedRows)
    return (sum + sharedRows * own) / (counts[stratum]! + sharedRows)
  })
}

/**
 * The interval of a doubly robust mean. What was seen, the clustered spread of the scores, misses heavy weights that happened not to be drawn, and is
 * too narrow for it. What was to be expected knows all weights that might have been drawn, and takes the residuals' variance to be the same in all
 * draws of a stratum k:
 *
 *     V_exp = variance of the mean of Σ_a π(a)·r̂(a) + 1/n²·Σ_k spread_k·E[(r − r̂)²/ℓ² | k]
 *
 * Where it is more than the variance seen, the interval goes a third of the way, half of it where what served changed (mathematics §26).
 *
 * @param scores by row. @param expected by row, the direct model's part of them. @param spread and `squares` by stratum.
 */
export function guardedMean(
  { log }: PreparedLog,
  { scores, expected }: { readonly scores: Float64Array; readonly expected: Float64Array },
  spread: Float64Array,
  squares: Float64Array,
  expectedShare: number,
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
  return withError(seen.value, Math.sqrt(seenVariance + expectedShare * (expectedVariance - seenVariance)), clusters)
}
