import type { TrainingRows } from '../routing/prediction/training-rows.ts'

/** Rows by which the slope of a pair of LLMs is drawn to that of all pairs. */
const slopePrior = 50

/**
 * Quality of logged rows with every cell filled: what was judged stays, and for the others what is to be expected given what was judged
 * (mathematics §23),
 *
 *     ỹ_m = q̂_m + β_ma·(y_a − q̂_a)        β_ma = Cov(r_m, r_a)/Var(r_a), in [0, 1]
 *
 * with q̂ of the base fit and r = y − q̂, covariances out of fold on the base rows, and the variance that of the log's labels where those are
 * noisier. A request that was harder than it looked was so for all LLMs: left empty, its one cell would be held against the LLM that happened to answer. Of
 * several judged cells the mean of what each says.
 *
 * @param estimates q̂, row-major like `log.quality`. @param residuals r of the base rows, row-major, NaN unknown.
 * @param log in the columns of the base rows. @returns row-major like `log.quality`; a row without labels is q̂ alone.
 */
export function completeLog(estimates: Float64Array, residuals: Float64Array, log: TrainingRows): Float64Array {
  const width = log.llms.length
  const variances = meanSquares(
    log.quality.map((value, cell) => value - estimates[cell]!),
    width,
  )
  const slopes = residualSlopes(residuals, width, variances)
  const filled = new Float64Array(log.quality.length)
  for (let start = 0; start < filled.length; start += width) {
    for (let llm = 0; llm < width; llm++) {
      const own = log.quality[start + llm]!
      filled[start + llm] = Number.isNaN(own) ? expected(log.quality, estimates, slopes, start, llm, width) : own
    }
  }
  return filled
}

function expected(
  quality: Float64Array,
  estimates: Float64Array,
  slopes: Float64Array,
  start: number,
  llm: number,
  width: number,
): number {
  let sum = 0
  let judged = 0
  for (let other = 0; other < width; other++) {
    const residual = quality[start + other]! - estimates[start + other]!
    if (Number.isNaN(residual)) continue
    sum += slopes[llm * width + other]! * residual
    judged++
  }
  return Math.min(1, Math.max(0, estimates[start + llm]! + (judged > 0 ? sum / judged : 0)))
}

/** β, row-major [LLM × judged LLM]. @param residuals row-major, NaN unknown. @param variances of the log's residuals, NaN unknown. */
function residualSlopes(residuals: Float64Array, width: number, variances: Float64Array): Float64Array {
  const products = new Float64Array(width * width)
  const counts = new Float64Array(width * width)
  for (let start = 0; start < residuals.length; start += width) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        const product = residuals[start + i]! * residuals[start + j]!
        if (Number.isNaN(product)) continue
        products[i * width + j]! += product
        counts[i * width + j]!++
      }
    }
  }
  const own = Float64Array.from({ length: width }, (_, llm) => {
    const place = llm * width + llm
    return Math.max(counts[place]! > 0 ? products[place]! / counts[place]! : 0, variances[llm]! || 0)
  })
  const slopeOf = (pair: number): number => {
    const variance = own[pair % width]!
    return counts[pair]! > 0 && variance > 0 ? products[pair]! / counts[pair]! / variance : 0
  }
  const pairs = [...products.keys()].filter((pair) => Math.floor(pair / width) !== pair % width)
  const pooled = pairs.reduce((sum, pair) => sum + slopeOf(pair), 0) / Math.max(1, pairs.length)
  return products.map((_, pair) => {
    const n = counts[pair]!
    return Math.min(1, Math.max(0, (n * slopeOf(pair) + slopePrior * pooled) / (n + slopePrior)))
  })
}

function meanSquares(residuals: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(width)
  const counts = new Float64Array(width)
  residuals.forEach((residual, cell) => {
    if (Number.isNaN(residual)) return
    sums[cell % width]! += residual * residual
    counts[cell % width]!++
  })
  return sums.map((sum, llm) => (counts[llm]! > 0 ? sum / counts[llm]! : Number.NaN))
}
