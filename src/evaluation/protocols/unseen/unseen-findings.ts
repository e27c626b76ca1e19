import type { Finding, Interval, Verdict } from '../../evaluation-result.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { PairedDifference, RowKey, TrialTable } from './trial-table.ts'
import { fixedClusterCounts } from './trial-variants.ts'

const paper = 'UniRoute (arXiv:2502.08773)'

/** Area that makes no difference to anybody: what "flat in K" allows. */
const flatWithin = 0.01

/**
 * The paper's claims against the intervals: `confirmed` where the whole 95 % interval of the paired difference is on the
 * claimed side of 0, `refuted` where it is wholly on the other, else `undecided`.
 */
export function unseenFindings(table: TrialTable, probes: readonly number[], reference: number): Finding[] {
  const few = probes[0]!
  const many = probes.at(-1)!
  const at = (policy: PolicyName, count: number | null): RowKey => ({ policy, setting: { probes: count } })
  const above = (id: string, source: string, claim: string, better: RowKey, worse: RowKey): Finding[] => {
    const difference = table.difference(better, worse, 'area')
    if (difference === undefined) return []
    const evidence = `${describe(better)} − ${describe(worse)}, Area: ${shown(difference)}.`
    return [{ id, source, claim, verdict: verdictAbove(difference.interval), evidence }]
  }
  return [
    ...above(
      'uniroute-knn-above-zero-router',
      paper,
      'K-NN is above ZeroRouter.',
      at('knn', reference),
      at('zero-router', reference),
    ),
    ...above(
      'uniroute-k-means-above-knn',
      paper,
      'UniRoute (K-Means) is above K-NN.',
      at('uniroute', reference),
      at('knn', reference),
    ),
    ...above(
      'uniroute-k-means-above-zero-router',
      paper,
      'UniRoute (K-Means) is above ZeroRouter.',
      at('uniroute', reference),
      at('zero-router', reference),
    ),
    ...above(
      'uniroute-learned-map-above-k-means',
      paper,
      'LearnedMap is above K-Means.',
      at('learned-cluster-map', reference),
      at('uniroute', reference),
    ),
    ...above(
      'uniroute-clairvoyant-above-learned-map',
      paper,
      'A network that knows the test LLMs’ training labels is above LearnedMap.',
      at('clairvoyant-mlp', null),
      at('learned-cluster-map', reference),
    ),
    ...above(
      'uniroute-above-retrained-mlp',
      paper,
      `With few probes UniRoute is above a network retrained on them.`,
      at('uniroute', few),
      at('retrained-mlp', few),
    ),
    ...above(
      'uniroute-above-retrained-factorisation',
      paper,
      'With few probes UniRoute is above a factorisation retrained on them.',
      at('uniroute', few),
      at('retrained-matrix-factorisation', few),
    ),
    ...above(
      'uniroute-static-below-mlp',
      paper,
      'In a static pool a plain network is above UniRoute.',
      at('clairvoyant-mlp', null),
      { policy: 'uniroute', setting: { probes: null, pool: 'static' } },
    ),
    ...above(
      'shrunk-clusters-above-k-means',
      'pointsman',
      'Shrunk clusters of several scales are above K-Means with few probes.',
      at('cluster', few),
      at('uniroute', few),
    ),
    ...above(
      'shrunk-clusters-above-zero-router',
      'pointsman',
      'Shrunk clusters of several scales are above ZeroRouter.',
      at('cluster', reference),
      at('zero-router', reference),
    ),
    ...gapShrinks(table, few, many),
    ...flatInClusters(table, reference),
  ]
}

function gapShrinks(table: TrialTable, few: number, many: number): Finding[] {
  if (few === many) return []
  const gap = (value: (key: RowKey, metric: string) => number, probes: number): number =>
    value({ policy: 'uniroute', setting: { probes } }, 'area') - value({ policy: 'knn', setting: { probes } }, 'area')
  const shrinking = table.contrast((value) => gap(value, few) - gap(value, many))
  if (shrinking === undefined) return []
  return [
    {
      id: 'uniroute-gap-to-knn-shrinks',
      source: paper,
      claim: 'The gap between K-Means and K-NN shrinks as there are more probes.',
      verdict: verdictAbove(shrinking.interval),
      evidence: `Gap in Area at ${few} probes less that at ${many}: ${shown(shrinking)}.`,
    },
  ]
}

/** Every K against the middle one: confirmed where all intervals lie within ±.01, refuted where one lies wholly beyond. */
function flatInClusters(table: TrialTable, probes: number): Finding[] {
  const middle = fixedClusterCounts[2]
  const differences = fixedClusterCounts.flatMap((clusters) => {
    if (clusters === middle) return []
    const row = (count: number): RowKey => ({ policy: 'uniroute', setting: { probes, clusters: count } })
    const difference = table.difference(row(clusters), row(middle), 'area')
    return difference === undefined ? [] : [{ clusters, difference }]
  })
  if (differences.length === 0) return []
  const isBeyond = ({ low, high }: Interval): boolean =>
    low !== null && high !== null && (low > flatWithin || high < -flatWithin)
  const isWithin = ({ low, high }: Interval): boolean =>
    low !== null && high !== null && low >= -flatWithin && high <= flatWithin
  const intervals = differences.map(({ difference }) => difference.interval)
  const verdict = intervals.some(isBeyond) ? 'refuted' : intervals.every(isWithin) ? 'confirmed' : 'undecided'
  const listed = differences.map(({ clusters, difference }) => `K = ${clusters}: ${shown(difference)}`).join('; ')
  return [
    {
      id: 'uniroute-flat-in-clusters',
      source: paper,
      claim: `The number of clusters hardly matters (within .01 of Area).`,
      verdict,
      evidence: `Area at ${probes} probes less that at K = ${middle}. ${listed}.`,
    },
  ]
}

function verdictAbove({ low, high }: Interval): Verdict {
  if (low !== null && low > 0) return 'confirmed'
  return high !== null && high < 0 ? 'refuted' : 'undecided'
}

function describe({ policy, setting }: RowKey): string {
  const { probes } = setting
  const where = setting.pool === 'static' ? ' in the static pool' : ''
  return typeof probes === 'number' ? `${policy} at ${probes} probes` : `${policy}${where}`
}

function shown({ interval, signP }: PairedDifference): string {
  const { mean, low, high } = interval
  const range = low === null || high === null ? 'too few trials for an interval' : `[${signed(low)}, ${signed(high)}]`
  return `${signed(mean)} ${range}, sign test p ${signP < 0.0001 ? '< .0001' : `= ${signP.toFixed(4)}`}`
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
}
