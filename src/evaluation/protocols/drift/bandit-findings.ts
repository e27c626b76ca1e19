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
