import type { Comparison } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { TrialTable } from './trial-table.ts'

/** Described by the same probes and compared with one another. */
export const probePolicies = [
  'zero-router',
  'knn',
  'uniroute',
  'learned-cluster-map',
  'learned-cluster-map-linear',
  'cluster',
  'universal',
  'retrained-mlp',
  'retrained-matrix-factorisation',
  'joint-matrix-factorisation',
] as const satisfies readonly PolicyName[]

const compared = ['universal', 'uniroute', 'learned-cluster-map', 'cluster'] as const satisfies readonly PolicyName[]

/** What policies are judged by: the other areas and QNC are chosen on the test outcomes. */
export const judgedMetric = 'areaRaw'

/**
 * Paired differences between policies described by the same probes, by `setting.test`: `jackknife` has LLM-clustered p-values,
 * `sign` those of the sign test that UniRoute's authors use, which takes trials to be independent. Holm's correction runs
 * over the policies that one is compared with.
 */
export function unseenComparisons(table: TrialTable, probes: readonly number[]): Comparison[] {
  return compared.flatMap((policy) =>
    probes.flatMap((count) => [...family(table, policy, count, 'jackknife'), ...family(table, policy, count, 'sign')]),
  )
}

function family(table: TrialTable, policy: PolicyName, probes: number, test: 'jackknife' | 'sign'): Comparison[] {
  const setting = { probes }
  const found = probePolicies.flatMap((against) => {
    if (against === policy) return []
    const difference = table.difference({ policy, setting }, { policy: against, setting }, judgedMetric)
    return difference === undefined ? [] : [{ against, difference }]
  })
  const pValues = found.map(({ difference }) => (test === 'sign' ? difference.signP : difference.p))
  const adjusted = holm(pValues.map((p) => p ?? 1))
  return found.map(({ against, difference }, i) => ({
    policy,
    against,
    setting: { probes, test },
    metric: judgedMetric,
    difference: difference.interval,
    p: pValues[i]!,
    pHolm: pValues[i] === null ? null : adjusted[i]!,
  }))
}
