import type { Finding } from '../../evaluation-result.ts'
import { bootstrapPValue, holm } from '../../metrics/interval.ts'
import { interval } from './finding-words.ts'
import type { JoinedRow } from './joined-row.ts'
import { pairedDifference } from './static-comparisons.ts'

/** A difference in AIQ below a hundredth counts as nearly a tie: about one point of quality. */
const nearTie = 0.01

const significance = 0.05

const simplePolicies = ['ridge', 'knn', 'cluster']

/** Named beforehand: the best of them on the test prompts would be ahead by luck too. */
const learnedPolicies = [
  'pointsman',
  'mixllm',
  'uniroute',
  'learned-cluster-map',
  'mlp',
  'forest',
  'matrix-factorisation',
]

/**
 * Reviews find that linear, kNN and clusters come within about a point of the best learned router. Confirmed when every gap
 * of every learned router is surely smaller, which needs no correction as all must hold; refuted when one is larger after
 * Holm's correction over all of them.
 */
export function simpleNearlyTie(rows: readonly JoinedRow[]): Finding[] {
  const gaps = gapsOf(rows)
  if (gaps.length === 0) return []
  const isNear = gaps.every(({ gap }) => gap.high !== null && gap.high < nearTie)
  const corrected = holm(gaps.map(({ p }) => p))
  const isFar = gaps.some(({ gap }, i) => gap.mean > nearTie && corrected[i]! < significance)
  const largest = gaps.reduce((a, b) => (b.gap.mean > a.gap.mean ? b : a))
  return [
    {
      id: 'static-simple-nearly-tie',
      source: 'Routing Plateau (arXiv:2606.07587)',
      claim: 'Linear, nearest-neighbour and cluster routers come within .01 of learned ones.',
      verdict: isNear ? 'confirmed' : isFar ? 'refuted' : 'undecided',
      evidence: `AIQ, ${gaps.length} pairs of a learned and a simple router: the largest gap is ${largest.learned}'s over ${largest.simple}, ${interval(largest.gap)}. Refuted when a gap is above .01 after Holm's correction.`,
    },
  ]
}

function gapsOf(rows: readonly JoinedRow[]) {
  const find = (label: string) => rows.find((row) => row.label === label)
  return learnedPolicies.flatMap((learned) =>
    simplePolicies.flatMap((simple) => {
      const ahead = find(learned)
      const behind = find(simple)
      const paired = ahead === undefined || behind === undefined ? undefined : pairedDifference(ahead, behind, 'aiq')
      if (paired === undefined) return []
      const beyond = [...ahead!.replicates('aiq')].map((value, b) => value - behind!.replicates('aiq')[b]! - nearTie)
      return [{ learned, simple, gap: paired.difference, p: bootstrapPValue(beyond) }]
    }),
  )
}
