/**
 * Isotonic regression: the non-decreasing f with the least Σ w_i (f_i − y_i)², by pooling adjacent violators
 * (Barlow et al. 1972). O(n).
 *
 * @param y values in the order in which f must not decrease.
 * @param weights positive, same length.
 * @returns f, newly allocated.
 */
export function isotonicRegression(y: Float64Array, weights: Float64Array): Float64Array {
  const n = y.length
  const means = new Float64Array(n)
  const masses = new Float64Array(n)
  const ends = new Int32Array(n)
  let blocks = 0
  for (let i = 0; i < n; i++) {
    means[blocks] = y[i]!
    masses[blocks] = weights[i]!
    ends[blocks] = i + 1
    blocks++
    while (blocks > 1 && means[blocks - 2]! >= means[blocks - 1]!) {
      const mass = masses[blocks - 2]! + masses[blocks - 1]!
      means[blocks - 2] = (means[blocks - 2]! * masses[blocks - 2]! + means[blocks - 1]! * masses[blocks - 1]!) / mass
      masses[blocks - 2] = mass
      ends[blocks - 2] = ends[blocks - 1]!
      blocks--
    }
  }
  const fitted = new Float64Array(n)
  let start = 0
  for (let block = 0; block < blocks; block++) {
    fitted.fill(means[block]!, start, ends[block]!)
    start = ends[block]!
  }
  return fitted
}
