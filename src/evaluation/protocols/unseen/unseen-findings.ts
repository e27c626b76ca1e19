import type { Finding, Interval } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import { fixedClusterCount } from '../../uniroute/choose-cluster-count.ts'
import { at, type Claim, judge, shown, verdictAbove } from './claims.ts'
import { controlledPolicies } from './trial-rows.ts'
import type { RowKey, TrialTable } from './trial-table.ts'
import { fixedClusterCounts } from './trial-variants.ts'
import { levelsAlone, universalFindings } from './universal-findings.ts'
import { judgedMetric } from './unseen-comparisons.ts'

const paper = 'UniRoute (arXiv:2502.08773)'

/** A difference in area that makes no difference to anybody: what "flat in K" allows. */
const flatWithin = 0.01

/**
 * The paper's claims against the intervals: `confirmed` where the whole 95 % interval of the paired difference is on the
 * claimed side of 0, `refuted` where it is wholly on the other, else `undecided`. Claims about rows that were not run are left out.
 */
export function unseenFindings(table: TrialTable, probes: readonly number[], reference: number): Finding[] {
  const few = probes[0]!
  const many = probes.at(-1)!
  const ordering = [...orderingClaims(reference), ...fewProbesClaims(few), ...ownClaims(few, reference)]
  return [
    ...ordering.flatMap((claim) => judge(table, claim)),
    ...universalFindings(table, probes, reference),
    ...gapShrinks(table, few, many),
    ...flatInClusters(table, reference),
    ...shuffledPredictions(table, reference),
  ]
}

/** ZeroRouter < K-NN < K-Means ≤ LearnedMap < clairvoyant. */
function orderingClaims(probes: number): Claim[] {
  const claim = (id: string, text: string, better: RowKey, worse: RowKey): Claim => {
    return { id: `uniroute-${id}`, source: paper, claim: text, better, worse }
  }
  const [zero, knn, kMeans] = [at('zero-router', probes), at('knn', probes), at('uniroute', probes)]
  const learned = at('learned-cluster-map', probes)
  const clairvoyant = at('clairvoyant-mlp', null)
  const fixedPool = { policy: 'uniroute', setting: { probes: null, pool: 'static' } } as const
  return [
    claim('knn-above-zero-router', 'K-NN is above ZeroRouter.', knn, zero),
    claim('k-means-above-knn', 'UniRoute (K-Means) is above K-NN.', kMeans, knn),
    claim('k-means-above-zero-router', 'UniRoute (K-Means) is above ZeroRouter.', kMeans, zero),
    claim(
      'learned-map-above-k-means',
      'LearnedMap is above K-Means (in the paper on most sets, but not on SPROUT and RouterBench).',
      learned,
      kMeans,
    ),
    claim(
      'clairvoyant-above-learned-map',
      'A network that knows the unseen LLMs’ training labels is above LearnedMap.',
      clairvoyant,
      learned,
    ),
    claim(
      'static-below-mlp',
      'In a static pool a plain network is above UniRoute (accounts of the paper disagree).',
      clairvoyant,
      fixedPool,
    ),
  ]
}

function fewProbesClaims(few: number): Claim[] {
  const names = { mlp: 'network', 'matrix-factorisation': 'factorisation' } as const
  return (['mlp', 'matrix-factorisation'] as const).map((kind) => ({
    id: `uniroute-above-retrained-${kind}`,
    source: paper,
    claim: `With few probes UniRoute is above a ${names[kind]} retrained on them.`,
    better: at('uniroute', few),
    worse: at(`retrained-${kind}`, few),
  }))
}

function ownClaims(few: number, reference: number): Claim[] {
  return [
    {
      id: 'shrunk-clusters-above-k-means',
      source: 'pointsman',
      claim: 'Shrunk clusters of several scales are above K-Means with few probes.',
      better: at('cluster', few),
      worse: at('uniroute', few),
    },
    {
      id: 'shrunk-clusters-above-zero-router',
      source: 'pointsman',
      claim: 'Shrunk clusters of several scales are above ZeroRouter.',
      better: at('cluster', reference),
      worse: at('zero-router', reference),
    },
  ]
}

/** A gap that is not there cannot shrink: without one with few probes the claim stays undecided. */
function gapShrinks(table: TrialTable, few: number, many: number): Finding[] {
  if (few === many) return []
  const gap = (value: (key: RowKey, metric: string) => number, probes: number): number =>
    value(at('uniroute', probes), judgedMetric) - value(at('knn', probes), judgedMetric)
  const first = table.difference(at('uniroute', few), at('knn', few), judgedMetric)
  const shrinking = table.contrast((value) => gap(value, few) - gap(value, many))
  if (first === undefined || shrinking === undefined) return []
  const isThere = verdictAbove(first.interval) === 'confirmed'
  return [
    {
      id: 'uniroute-gap-to-knn-shrinks',
      source: paper,
      claim: 'The lead of K-Means over K-NN shrinks as there are more probes.',
      verdict: isThere ? verdictAbove(shrinking.interval) : 'undecided',
      evidence: `Lead in area at ${few} probes: ${shown(first)}; less that at ${many}: ${shown(shrinking)}.${isThere ? '' : ' Undecided where there is no lead with few probes.'}`,
    },
  ]
}

/** That the measure gives nothing away: predictions on the wrong prompts must not be above mixing LLMs blindly. */
function shuffledPredictions(table: TrialTable, probes: number): Finding[] {
  const gains = controlledPolicies.flatMap((policy) => {
    const shuffled = { policy, setting: { probes, control: 'shuffled' } }
    const blind = policy === 'universal' ? levelsAlone(probes) : at('zero-router', probes)
    const gain = table.difference(shuffled, blind, judgedMetric)
    return gain === undefined ? [] : [{ policy, gain }]
  })
  if (gains.length === 0) return []
  const adjusted = holm(gains.map(({ gain }) => gain.p ?? 1))
  const isAbove = gains.some(({ gain }, i) => gain.interval.mean > 0 && adjusted[i]! < 0.05)
  const isKnown = gains.every(({ gain }) => gain.interval.low !== null)
  const listed = gains.map(({ policy, gain }) => `${policy} ${shown(gain)}`).join('; ')
  return [
    {
      id: 'control-shuffled-predictions',
      source: 'control',
      claim: 'With its predictions shuffled across the test prompts, a router gains nothing over mixing LLMs blindly.',
      verdict: isAbove ? 'refuted' : isKnown ? 'confirmed' : 'undecided',
      evidence: `Area as it runs at ${probes} probes less that of zero-router, for universal of its own levels alone, which it knows better: ${listed}. Refuted where one is above 0 (p < .05 after Holm): then the measure gives something away.`,
    },
  ]
}

/** Every K against the middle one: confirmed where all intervals lie within ±.01, refuted where one lies wholly beyond. */
function flatInClusters(table: TrialTable, probes: number): Finding[] {
  const middle = fixedClusterCounts[2]
  const differences = fixedClusterCounts.flatMap((clusters) => {
    if (clusters === middle) return []
    const row = (count: number): RowKey => ({ policy: 'uniroute', setting: { probes, clusters: count } })
    const difference = table.difference(row(clusters), row(middle), judgedMetric)
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
      claim: `The number of clusters hardly matters (within .01 of area).`,
      verdict,
      evidence: `Area as it runs at ${probes} probes less that at K = ${middle}. ${listed}. The rule K ≤ N/50 allows ${fixedClusterCount(probes)} here.`,
    },
  ]
}
