import type { Finding, Interval, Verdict } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { PairedDifference, RowKey, TrialTable } from './trial-table.ts'
import { judgedMetric } from './unseen-comparisons.ts'

/** That one row has the larger area, as it runs. */
export interface Claim {
  readonly id: string
  readonly source: string
  readonly claim: string
  readonly better: RowKey
  readonly worse: RowKey
}

/** The plain row of a policy. */
export function at(policy: PolicyName, probes: number | null): RowKey {
  return { policy, setting: { probes } }
}

/** `confirmed` where the whole 95 % interval is on the claimed side of 0, `refuted` where on the other; nothing about rows that were not run. */
export function judge(table: TrialTable, { id, source, claim, better, worse }: Claim): Finding[] {
  const difference = table.difference(better, worse, judgedMetric)
  if (difference === undefined) return []
  const evidence = `${describeRow(better)} − ${describeRow(worse)}, area as it runs: ${shown(difference)}.`
  return [{ id, source, claim, verdict: verdictAbove(difference.interval), evidence }]
}

/** As {@link judge}, but undecided too where p is not below .05 after Holm's correction over all that could be judged. */
export function judgeTogether(table: TrialTable, claims: readonly Claim[]): Finding[] {
  const judged = claims.flatMap((claim) => {
    const difference = table.difference(claim.better, claim.worse, judgedMetric)
    return judge(table, claim).map((finding) => ({ finding, p: difference?.p ?? 1 }))
  })
  const adjusted = holm(judged.map(({ p }) => p))
  return judged.map(({ finding }, i) => ({
    ...finding,
    verdict: adjusted[i]! < 0.05 ? finding.verdict : 'undecided',
    evidence: `${finding.evidence} p = ${adjusted[i]!.toPrecision(2)} after Holm over ${judged.length} claims.`,
  }))
}

/** Whether the interval lies on one side of 0. */
export function verdictAbove({ low, high }: Interval): Verdict {
  if (low !== null && low > 0) return 'confirmed'
  return high !== null && high < 0 ? 'refuted' : 'undecided'
}

function describeRow({ policy, setting: { probes, pool, ...variant } }: RowKey): string {
  const words = Object.entries(variant).map(([key, value]) => `${key} ${value}`)
  const name = [policy, ...(words.length === 0 ? [] : [`(${words.join(', ')})`])].join(' ')
  if (pool === 'static') return `${name} in the static pool`
  return typeof probes === 'number' ? `${name} at ${probes} probes` : name
}

/** A difference with its interval, for people. */
export function shown({ interval }: PairedDifference): string {
  const { mean, low, high } = interval
  if (low === null || high === null) return `${signed(mean, 4)} (too few trials for an interval)`
  const digits = digitsFor([mean, low, high])
  return `${signed(mean, digits)} [${signed(low, digits)}, ${signed(high, digits)}]`
}

/** Four decimals, and up to six where an end so near 0 would be printed as 0, as its sign decides the verdict. */
function digitsFor(values: readonly number[]): number {
  const smallest = Math.min(...values.map(Math.abs).filter((value) => value > 0), 1)
  return Math.min(6, Math.max(4, Math.ceil(-Math.log10(smallest))))
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
}
