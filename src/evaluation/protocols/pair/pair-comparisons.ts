import type { Comparison } from '../../evaluation-result.ts'
import { bootstrapPValue, holm } from '../../metrics/interval.ts'
import { type PairMetrics, pairMetricNames } from './gap-recovery.ts'
import { intervalOf, type JoinedSlice } from './joined-slice.ts'

/** What every policy is held against. */
const opponents = ['pointsman', 'random'] as const

/** They see test outcomes. */
const oracles: ReadonlySet<string> = new Set(['task-oracle', 'oracle'])

/**
 * Paired differences on the same bootstrap draws: all metrics over all prompts, APGR alone per source. Holm's
 * correction over the policies held against one opponent by one metric on the same prompts; the oracles are no
 * contestants.
 */
export function pairComparisons(slices: readonly JoinedSlice[]): Comparison[] {
  const sources = [...new Set(slices.map((slice) => slice.source))]
  return opponents.flatMap((against) =>
    sources.flatMap((source) => {
      const own = slices.filter((slice) => slice.source === source)
      const opponent = own.find((slice) => slice.policy === against)
      const others = own.filter((slice) => slice.policy !== against && !oracles.has(slice.policy))
      if (opponent === undefined) return []
      const metrics = source === null ? pairMetricNames : (['apgr'] as const)
      return metrics.flatMap((metric) => compareAll(others, opponent, metric))
    }),
  )
}

function compareAll(others: readonly JoinedSlice[], opponent: JoinedSlice, metric: keyof PairMetrics): Comparison[] {
  const compared = others.map((other) => {
    const replicates = other.metrics[metric].replicates.map(
      (value, b) => value - opponent.metrics[metric].replicates[b]!,
    )
    const difference = intervalOf(other.metrics[metric].mean - opponent.metrics[metric].mean, replicates)
    return { other, difference, p: difference.low === null ? null : bootstrapPValue(replicates) }
  })
  const corrected = holm(compared.flatMap(({ p }) => (p === null ? [] : [p])))
  let next = 0
  return compared.map(({ other, difference, p }) => ({
    policy: other.policy,
    against: opponent.policy,
    setting: { source: other.source },
    metric,
    difference,
    p,
    pHolm: p === null ? null : corrected[next++]!,
  }))
}
