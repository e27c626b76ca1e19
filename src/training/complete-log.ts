import { setImmediate } from 'node:timers/promises'
import { choleskyInPlace, solveCholeskyInPlace } from '../routing/numeric/cholesky.ts'
import { summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { RidgeSetting } from './choose-ridge-penalty.ts'
import { residualCovariance } from './residual-covariance.ts'
import { RidgeSmoother } from './ridge-smoother.ts'

export interface LogCompletion {
  /** Rows where most cells are known. */
  readonly base: TrainingRows
  /** In the columns of the base rows. */
  readonly log: TrainingRows
  /** q̂ of the logged rows by a fit on the base rows, row-major. */
  readonly estimates: Float64Array
  /** y − q̂ of the base rows out of fold, row-major, NaN unknown. */
  readonly residuals: Float64Array
  readonly ridge: RidgeSetting
}

/** Where most of a large pool was never judged it creeps: the last one moved the fitted cell that moved most by .003. */
const mostIterations = 30

/** Largest change of any fitted cell by which it stops. */
const closeEnough = 1e-4

/**
 * Quality of the logged rows with every cell filled: what is to be expected of each LLM given what base and log know together (mathematics
 * §23). The model is one ridge regression f_m per LLM, with errors that the LLMs of one request share:
 *
 *     y_i = f(x_i) + e_i        e ~ N(0, Σ)        prior of the slopes ~ N(0, Σ ⊗ I/α)
 *
 * and unknown cells are filled by expectation-maximisation (Dempster, Laird, Rubin 1977): by ŷ_m = f_m(x) + Σ_mK (Σ_KK + T)⁻¹ (y_K − f_K(x)), K
 * what was judged and T what the log's labels vary by more than the outcomes of the base rows, then f and T anew from all cells. As prior and errors
 * share Σ, f is the same ridge for each LLM, and the fixed point is the posterior mean given Σ and T. Which LLM was judged was chosen by the context alone, so
 * that it tells nothing more. A request harder than it looked was so for all LLMs, by Σ, and is not held against the one that answered it.
 *
 * Starts at the estimates of the base fit; lets timers and sockets have their turn between iterations.
 *
 * @returns row-major like `log.quality`, in [0, 1]; a judged cell is what was judged, as far as its label is not noisy.
 */
export async function completeLog({ base, log, estimates, residuals, ridge }: LogCompletion): Promise<Float64Array> {
  const width = log.llms.length
  const covariance = residualCovariance(residuals, width)
  const smoother = new RidgeSmoother([...base.contexts, ...log.contexts], ridge)
  const first = base.quality.length
  const fitted = joined(columnMeans(base.quality, width), estimates)
  const filled = new Float64Array(fitted.length)
  const fill = () => {
    fillRows(base.quality, fitted, filled, covariance, new Float64Array(width))
    const own = fitted.subarray(first)
    fillRows(log.quality, own, filled.subarray(first), covariance, labelVariances(log.quality, own, covariance, width))
  }
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    fill()
    const before = fitted.slice()
    for (let llm = 0; llm < width; llm++) {
      await setImmediate()
      smoother.smooth(filled, fitted, width, llm)
    }
    if (largestChange(before, fitted) < closeEnough) break
  }
  fill()
  return filled.slice(first).map((value) => Math.min(1, Math.max(0, value)))
}

/**
 * E[y | y_K] row by row. Where nothing is known it is `fitted`.
 *
 * @param known row-major, NaN unknown. @param out shaped like `known`. @param noise T, by LLM.
 */
export function fillRows(
  known: Float64Array,
  fitted: Float64Array,
  out: Float64Array,
  covariance: Float64Array,
  noise: Float64Array,
): void {
  const width = noise.length
  for (let start = 0; start < known.length; start += width) {
    const judged = [...noise.keys()].filter((llm) => !Number.isNaN(known[start + llm]!))
    const n = judged.length
    if (n === width && judged.every((llm) => noise[llm] === 0)) {
      out.set(known.subarray(start, start + width), start)
      continue
    }
    const solved = Float64Array.from(judged, (llm) => known[start + llm]! - fitted[start + llm]!)
    const among = new Float64Array(n * n)
    judged.forEach((a, i) => {
      judged.forEach((b, j) => {
        among[i * n + j] = covariance[a * width + b]! + (i === j ? noise[a]! : 0)
      })
    })
    choleskyInPlace(among, n)
    solveCholeskyInPlace(among, n, solved)
    for (let llm = 0; llm < width; llm++) {
      let value = fitted[start + llm]!
      for (let i = 0; i < n; i++) value += covariance[llm * width + judged[i]!]! * solved[i]!
      out[start + llm] = value
    }
  }
}

/** T: by LLM, what the variance of label − f exceeds Σ_mm by. Around its mean: what the base rows are off by altogether is no noise. */
function labelVariances(
  labels: Float64Array,
  fitted: Float64Array,
  covariance: Float64Array,
  width: number,
): Float64Array {
  const { deviations, counts } = summariseColumns(
    labels.map((label, cell) => label - fitted[cell]!),
    width,
  )
  return deviations.map((deviation, llm) =>
    counts[llm]! > 1 ? Math.max(0, deviation ** 2 - covariance[llm * width + llm]!) : 0,
  )
}

/** Every cell the mean of its column, {@link summariseColumns}. */
function columnMeans(cells: Float64Array, width: number): Float64Array {
  const { means } = summariseColumns(cells, width)
  return cells.map((_, cell) => means[cell % width]!)
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const whole = new Float64Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

function largestChange(before: Float64Array, after: Float64Array): number {
  let largest = 0
  for (let cell = 0; cell < after.length; cell++) largest = Math.max(largest, Math.abs(after[cell]! - before[cell]!))
  return largest
}
