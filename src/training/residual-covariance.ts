import { choleskyInPlace } from '../routing/numeric/cholesky.ts'

/** Rows by which the correlation of a pair of LLMs is drawn to that of all pairs. */
const correlationPrior = 50

/** An LLM that was never wrong so far is still not known to the last digit. */
const leastVariance = 1e-4

/** Two LLMs that always erred alike (one model under two names) are still two: parts of Σ are inverted. */
const leastEigenvalue = 1e-3

/**
 * Σ, how the LLMs err together: variances of their residuals, and correlations, at least 0 (a request is hard or easy for all: what one LLM lost must
 * not be another's gain), that are drawn to their mean over all pairs by 50 rows, and made smaller by a
 * tenth until the smallest eigenvalue of their matrix is above 1e-3, which neither rows with unknown cells nor LLMs that err alike ensure.
 *
 * @param residuals row-major, NaN unknown. @returns row-major [width × width]; variances at least 1e-4.
 */
export function residualCovariance(residuals: Float64Array, width: number): Float64Array {
  const { products, counts } = pairProducts(residuals, width)
  const deviations = Float64Array.from({ length: width }, (_, llm) => {
    const own = llm * width + llm
    return Math.sqrt(Math.max(leastVariance, counts[own]! > 0 ? products[own]! / counts[own]! : 0))
  })
  const correlations = products.map((sum, pair) => {
    const scale = deviations[Math.floor(pair / width)]! * deviations[pair % width]!
    return counts[pair]! > 0 ? Math.min(1, Math.max(0, sum / counts[pair]! / scale)) : 0
  })
  const pairs = [...correlations.keys()].filter((pair) => Math.floor(pair / width) !== pair % width)
  const mean = pairs.reduce((sum, pair) => sum + correlations[pair]!, 0) / Math.max(1, pairs.length)
  for (const pair of pairs) {
    const n = counts[pair]!
    correlations[pair] = (n * correlations[pair]! + correlationPrior * mean) / (n + correlationPrior)
  }
  for (let llm = 0; llm < width; llm++) correlations[llm * width + llm] = 1
  while (!hasLeastEigenvalue(correlations, width)) for (const pair of pairs) correlations[pair]! *= 0.9
  return correlations.map((value, pair) => value * deviations[Math.floor(pair / width)]! * deviations[pair % width]!)
}

/** Of a symmetric matrix with a diagonal of ones: whether less {@link leastEigenvalue} of the identity it is still positive definite. */
function hasLeastEigenvalue(correlations: Float64Array, width: number): boolean {
  const less = correlations.slice()
  for (let llm = 0; llm < width; llm++) less[llm * width + llm]! -= leastEigenvalue
  return choleskyInPlace(less, width)
}

function pairProducts(residuals: Float64Array, width: number) {
  const products = new Float64Array(width * width)
  const counts = new Float64Array(width * width)
  for (let start = 0; start < residuals.length; start += width) {
    for (let i = 0; i < width; i++) {
      if (Number.isNaN(residuals[start + i]!)) continue
      for (let j = 0; j < width; j++) {
        const product = residuals[start + i]! * residuals[start + j]!
        if (Number.isNaN(product)) continue
        products[i * width + j]! += product
        counts[i * width + j]!++
      }
    }
  }
  return { products, counts }
}
