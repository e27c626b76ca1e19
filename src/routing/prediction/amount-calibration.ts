/** Amounts to calibrate by, row-major, rows × columns; NaN is unknown. */
export interface AmountCells {
  readonly amounts: Float64Array
  /** Their square roots. */
  readonly roots: Float64Array
  readonly columns: number
}

/** What turns a predicted root into an expected amount; each of shape [columns], NaN where too little is known. */
export interface AmountCalibration {
  /** Range of the roots in training, beyond which nothing is extrapolated. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** ȳ, mean amount. */
  readonly means: Float64Array
  /** v̄, mean square of the roots predicted out of fold. */
  readonly centres: Float64Array
  /** κ. */
  readonly trust: Float64Array
  /** ρ, the 90 % point of amount / expected amount, out of fold; at least 1. */
  readonly spread90: Float64Array
  /** The 90 % point of the amounts, at least their mean. */
  readonly means90: Float64Array
}

export const calibrationFields = ['low', 'high', 'means', 'centres', 'trust', 'spread90', 'means90'] as const

/** Fewer known amounts than this, and a column is left to the priors. */
export const fewestAmounts = 20

/** Rows of the pool that each column's own κ is mixed with: one LLM's tail is too noisy to trust on a few hundred rows. */
const pooledRows = 300

/** Predictions are rarely so timid that they want more, and a tail must not say so. */
const mostTrust = 1.5

/** Σ over known rows of one column, amounts and predictions centred. */
interface Moments {
  readonly count: number
  /** Σ(v − v̄)(y − ȳ) and Σ(v − v̄)², over the variance of y, so that columns can be pooled. */
  readonly cross: number
  readonly square: number
}

/**
 * ȳ_m + κ_m·(v − v̄_m), held to the range seen in training.
 * @param root predicted; it is held to its range too. NaN where the column is left to the priors.
 */
export function expectedAmount(
  { low, high, means, centres, trust }: Omit<AmountCalibration, 'spread90' | 'means90'>,
  column: number,
  root: number,
): number {
  const least = low[column]!
  const most = high[column]!
  const held = Math.min(most, Math.max(least, root))
  const expected = means[column]! + trust[column]! * (held * held - centres[column]!)
  return Math.min(most * most, Math.max(least * least, expected))
}

/** @param predictedRoots out of fold, in the cells of `cells`. */
export function calibrateAmounts(cells: AmountCells, predictedRoots: Float64Array): AmountCalibration {
  const { columns, amounts } = cells
  const vector = (): Float64Array => new Float64Array(columns).fill(Number.NaN)
  const calibration: AmountCalibration = {
    low: vector(),
    high: vector(),
    means: vector(),
    centres: vector(),
    trust: vector(),
    spread90: vector(),
    means90: vector(),
  }
  const known = Array.from({ length: columns }, (_, column) => knownCells(cells, column))
  const moments = known.map((members, column) => describe(cells, predictedRoots, members, column, calibration))
  const pool = poolOf(moments, knownRows(amounts, columns))
  moments.forEach(({ count, cross, square }, column) => {
    if (count === 0) return
    const weight = square + pooledRows * pool.square
    const trust = weight > 0 ? (cross + pooledRows * pool.cross) / weight : 0
    // Where no prediction differed none proved worth anything, and v̄ is not what v will be on average.
    calibration.trust[column] = square === 0 ? 0 : Math.min(mostTrust, Math.max(0, trust))
    const ratios = known[column]!.map((cell) => {
      const expected = expectedAmount(calibration, column, predictedRoots[cell]!)
      return expected > 0 ? amounts[cell]! / expected : 1
    })
    calibration.spread90[column] = Math.max(1, ninetyPercentPoint(ratios))
  })
  return calibration
}

/** Cells of one column with a known amount; none where they are too few. */
function knownCells({ amounts, columns }: AmountCells, column: number): readonly number[] {
  const known: number[] = []
  for (let cell = column; cell < amounts.length; cell += columns) if (!Number.isNaN(amounts[cell]!)) known.push(cell)
  return known.length < fewestAmounts ? [] : known
}

/** Rows with any known amount. */
function knownRows(amounts: Float64Array, columns: number): number {
  let rows = 0
  for (let start = 0; start < amounts.length; start += columns) {
    if (amounts.subarray(start, start + columns).some((amount) => !Number.isNaN(amount))) rows++
  }
  return rows
}

/** Writes what does not rest on κ. */
function describe(
  { amounts, roots }: AmountCells,
  predictedRoots: Float64Array,
  known: readonly number[],
  column: number,
  into: AmountCalibration,
): Moments {
  if (known.length === 0) return { count: 0, cross: 0, square: 0 }
  const low = known.reduce((least, cell) => Math.min(least, roots[cell]!), Number.POSITIVE_INFINITY)
  const high = known.reduce((most, cell) => Math.max(most, roots[cell]!), 0)
  const squares = known.map((cell) => Math.min(high, Math.max(low, predictedRoots[cell]!)) ** 2)
  const actual = known.map((cell) => amounts[cell]!)
  const mean = average(actual)
  const centre = average(squares)
  into.low[column] = low
  into.high[column] = high
  into.means[column] = mean
  into.centres[column] = centre
  into.means90[column] = Math.max(mean, ninetyPercentPoint(actual))
  let cross = 0
  let square = 0
  let variance = 0
  actual.forEach((amount, i) => {
    cross += (squares[i]! - centre) * (amount - mean)
    square += (squares[i]! - centre) ** 2
    variance += (amount - mean) ** 2 / known.length
  })
  if (!(variance > 0) || squares.every((value) => value === squares[0]))
    return { count: known.length, cross: 0, square: 0 }
  return { count: known.length, cross: cross / variance, square: square / variance }
}

/**
 * Mean moments per row over all columns. The slope between them is shrunk as James and Stein would one estimate, by
 * 1 − 1/t², held to [0, 1]: what could be chance with so many prompts counts for little, and below one standard error for
 * nothing. Prompts are counted, not cells: one prompt is long or short for all LLMs.
 */
function poolOf(moments: readonly Moments[], rows: number): { readonly cross: number; readonly square: number } {
  // LLMs that always charge the same say nothing of how well bills are predicted.
  const counted = moments.reduce((sum, { count, square }) => sum + (square > 0 ? count : 0), 0)
  if (counted === 0) return { cross: 0, square: 0 }
  const cross = moments.reduce((sum, moment) => sum + moment.cross, 0) / counted
  const square = moments.reduce((sum, moment) => sum + moment.square, 0) / counted
  if (!(square > 0) || cross <= 0) return { cross: 0, square }
  // The variance of y is 1 on this scale.
  const explained = Math.min(1 - 1e-9, (cross * cross) / square)
  const tSquared = (explained * Math.max(1, rows - 2)) / (1 - explained)
  return { cross: cross * Math.max(0, 1 - 1 / tSquared), square }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The smallest value that at least nine values in ten do not exceed. */
function ninetyPercentPoint(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.ceil(0.9 * sorted.length) - 1)]!
}
