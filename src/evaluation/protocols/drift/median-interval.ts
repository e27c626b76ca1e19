import type { Interval } from '../../evaluation-result.ts'

/**
 * The median and its 95 % interval by order statistics (the sign test inverted): exact whatever the distribution. `mean`
 * holds the median; fewer than six values give no interval.
 *
 * @param values infinite where something had not happened when the run ended.
 * @param seen how long a run was: what is then known is that it takes longer. An upper end that was not seen is null.
 */
export function medianInterval(values: readonly number[], seen = Number.POSITIVE_INFINITY): Interval {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  const at = (index: number) => Math.min(seen, sorted[index]!)
  const median = (at((n - 1) >> 1) + at(n >> 1)) / 2
  const rank = lowerRank(n)
  if (rank === 0) return { mean: median, low: null, high: null }
  const high = sorted[n - rank]!
  return { mean: median, low: at(rank - 1), high: Number.isFinite(high) ? high : null }
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
