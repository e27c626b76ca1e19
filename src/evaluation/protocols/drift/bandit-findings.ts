import type { Comparison, Finding } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import { fewestOrders } from './binomial-interval.ts'

/** How often pointsman is ahead of the learning baselines and how often behind, by p after Holm over all of it. */
export function banditFinding(orders: number, comparisons: readonly Comparison[]): Finding | undefined {
  const bandits = new Set(['mixllm', 'metallm', 'paretobandit', 'litellm-adaptive', 'beta-thompson', 'track-and-stop'])
  const fair = comparisons.filter(
    ({ against, metric, setting }) =>
      bandits.has(against) && metric === (setting.budgetUsd === null ? 'regret' : 'pricedRegret'),
  )
  if (fair.length === 0) return undefined
  const corrected = holm(fair.map(({ p }) => p ?? 1))
  const told = fair.filter((_, index) => corrected[index]! < 0.05)
  const ahead = told.filter(({ difference }) => difference.mean < 0)
  const behind = told.filter(({ difference }) => difference.mean > 0)
  const verdict = orders < fewestOrders || told.length === 0 ? 'undecided' : behind.length > 0 ? 'refuted' : 'confirmed'
  return {
    id: 'pointsman-against-bandits',
    source: 'pointsman',
    claim: 'Nowhere does it regret significantly more than another learning router, spending counted.',
    verdict,
    evidence: `Over ${orders} orders, of ${fair.length} comparisons it is ahead in ${ahead.length} and behind in ${behind.length}${
      behind.length > 0 ? `: ${behindWhom(behind, fair)}` : ''
    }.`,
  }
}

/** Whether routing beats the mixture of two fixed LLMs that spends the same budget, by p after Holm over the budgets. */
export function mixtureFinding(orders: number, comparisons: readonly Comparison[]): Finding | undefined {
  const found = comparisons.filter(
    ({ against, metric, setting }) =>
      against === 'zero-router' &&
      metric === 'pricedRegret' &&
      setting.scenario === 'stationary' &&
      setting.variant === undefined,
  )
  if (found.length === 0) return undefined
  const corrected = holm(found.map(({ p }) => p ?? 1))
  const significant = found.filter((_, index) => corrected[index]! < 0.05)
  const behind = significant.some(({ difference }) => difference.mean > 0)
  const isAhead = significant.length === found.length && !behind
  const verdict = orders < fewestOrders ? 'undecided' : behind ? 'refuted' : isAhead ? 'confirmed' : 'undecided'
  const figures = found.map(({ setting, difference }, index) => {
    const p = corrected[index]!
    return `${setting.budgetUsd} USD: ${(-difference.mean).toFixed(4)} better (p ${p < 0.001 ? '< .001' : `= ${p.toFixed(3)}`})`
  })
  return {
    id: 'pointsman-above-mixture',
    source: 'pointsman',
    claim: 'Under each budget it is better than the best fixed mixture of LLMs, spending counted.',
    verdict,
    evidence: `Over ${orders} orders; ${figures.join('; ')}.`,
  }
}

/** How often behind each policy, the most often first. */
function behindWhom(behind: readonly Comparison[], fair: readonly Comparison[]): string {
  const times = (found: readonly Comparison[], policy: string): number =>
    found.filter(({ against }) => against === policy).length
  return [...new Set(behind.map(({ against }) => against))]
    .map((policy) => ({ policy, behind: times(behind, policy), of: times(fair, policy) }))
    .sort((a, b) => b.behind - a.behind)
    .map((entry, index) => `${entry.policy} in ${entry.behind} of ${entry.of}${index === 0 ? ' settings' : ''}`)
    .join(', ')
}
