import type { Interval } from '../../evaluation-result.ts'

/**
 * The median and its 95 % interval by order statistics (the sign test inverted): exact whatever the distribution, also
 * with values that are only known to be large. `mean` holds the median; fewer than six values give no interval.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  const median = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2
  const rank = lowerRank(n)
  if (rank === 0) return { mean: median, low: null, high: null }
  return { mean: median, low: sorted[rank - 1]!, high: sorted[n - rank]! }
}

/** The largest r with P(Binomial(n, ½) < r) ≤ .025; 0 when there is none. */
function lowerRank(n: number): number {
  let probability = 0.5 ** n
  let below = 0
  let rank = 0
  while (below + probability <= 0.025) {
    below += probability
    rank++
    probability *= (n - rank + 1) / rank
  }
  return rank
}
