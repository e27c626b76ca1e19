/** Features divided into few intervals, so that a split is sought among these and not among all values. */
export interface FeatureBins {
  readonly rows: number
  readonly features: number
  /** Bin of each value, feature by feature: [features × rows]. */
  readonly bins: Uint8Array
  /** Upper edges of a feature's bins, rising, without the last: a value is in the first bin whose edge is not below it. */
  readonly edges: readonly Float32Array[]
}

/** Splits between quantiles lose next to nothing against splits between values, and a histogram of 64 stays in cache. */
export const maxBins = 64

/**
 * At most 64 bins per feature, of equally many rows where values allow it; every value has its own where there are no more
 * than 64. Edges lie half-way between neighbouring values, rounded to 32 bits.
 *
 * @param x row-major [n × d], finite.
 */
export function binFeatures(x: Float64Array, n: number, d: number): FeatureBins {
  const bins = new Uint8Array(n * d)
  const edges: Float32Array[] = []
  const column = new Float64Array(n)
  for (let feature = 0; feature < d; feature++) {
    for (let row = 0; row < n; row++) column[row] = x[row * d + feature]!
    column.sort()
    const cuts = quantileEdges(column)
    edges.push(cuts)
    for (let row = 0; row < n; row++) bins[feature * n + row] = binOf(cuts, x[row * d + feature]!)
  }
  return { rows: n, features: d, bins, edges }
}

function quantileEdges(sorted: Float64Array): Float32Array {
  const n = sorted.length
  let distinct = 1
  for (let i = 1; i < n; i++) if (sorted[i] !== sorted[i - 1]) distinct++
  const edges: number[] = []
  const step = distinct <= maxBins ? 1 : n / maxBins
  for (let place = step; place < n; place += step) {
    const i = Math.floor(place)
    const edge = Math.fround((sorted[i - 1]! + sorted[i]!) / 2)
    // Rounding may carry the edge past a value that all but equals its neighbour: then the two share a bin.
    if (edge >= sorted[i - 1]! && edge < sorted[i]! && edge !== edges.at(-1)) edges.push(edge)
  }
  return Float32Array.from(edges)
}

function binOf(edges: Float32Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= edges[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
