import type { Finding } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import { at, type Claim, judgeTogether, shown, verdictAbove } from './claims.ts'
import type { RowKey, TrialTable } from './trial-table.ts'
import { judgedMetric, probePolicies } from './unseen-comparisons.ts'

const source = 'pointsman'

/** `universal` without any deviation: each LLM at its level, as its labels and the training LLMs tell it. */
export function levelsAlone(probes: number): RowKey {
  return { policy: 'universal', setting: { probes, trust: 0 } }
}

/** What is claimed of `universal`. */
export function universalFindings(table: TrialTable, probes: readonly number[], reference: number): Finding[] {
  return [
    ...judgeTogether(table, claims(probes, reference)),
    ...bestAtEveryCount(table, probes),
    ...cheaperToMatchTheBest(table, probes),
  ]
}

function claims(probes: readonly number[], reference: number): Claim[] {
  const few = probes[0]!
  return [
    ...probes.map((count) => ({
      id: `universal-above-zero-router-${count}`,
      source,
      claim: `With ${count} probes \`universal\` is above ZeroRouter.`,
      better: at('universal', count),
      worse: at('zero-router', count),
    })),
    ...probes
      .filter((count) => count > few && count <= reference)
      .map((count) => ({
        id: `universal-few-above-k-means-${count}`,
        source,
        claim: `With ${few} probes \`universal\` is above UniRoute (K-Means) with ${count}.`,
        better: at('universal', few),
        worse: at('uniroute', count),
      })),
    {
      id: 'universal-deviations-above-levels',
      source,
      claim: 'What `universal` predicts of each prompt is worth more than its LLMs’ levels alone.',
      better: at('universal', reference),
      worse: levelsAlone(reference),
    },
    {
      id: 'universal-training-llms-help',
      source,
      claim: 'Training LLMs help `universal` to describe others.',
      better: at('universal', reference),
      worse: { policy: 'universal', setting: { probes: reference, trainingLlms: 'none' } },
    },
  ]
}

/**
 * Confirmed where it is above every other at every N (Holm over all of them), refuted where another is above it anywhere, else undecided; the
 * evidence says where its mean is the highest.
 */
function bestAtEveryCount(table: TrialTable, probes: readonly number[]): Finding[] {
  const pairs = probes.flatMap((count) => {
    return probePolicies.flatMap((policy) => {
      if (policy === 'universal') return []
      const difference = table.difference(at('universal', count), at(policy, count), judgedMetric)
      return difference === undefined ? [] : [{ count, policy, difference }]
    })
  })
  if (pairs.length === 0) return []
  const adjusted = holm(pairs.map(({ difference }) => difference.p ?? 1))
  const isAbove = (sign: 1 | -1): boolean[] => {
    return pairs.map(({ difference }, i) => sign * difference.interval.mean > 0 && adjusted[i]! < 0.05)
  }
  const above = isAbove(1).filter(Boolean).length
  const below = isAbove(-1).filter(Boolean).length
  const leading = probes.filter((count) => {
    return pairs.every((pair) => pair.count !== count || pair.difference.interval.mean > 0)
  })
  const nearest = pairs.reduce((least, pair) => {
    return pair.difference.interval.mean < least.difference.interval.mean ? pair : least
  })
  return [
    {
      id: 'universal-best-at-every-count',
      source,
      claim: 'No method described by the same probes is above `universal`, whatever their number.',
      verdict: below > 0 ? 'refuted' : above === pairs.length ? 'confirmed' : 'undecided',
      evidence: `Area as it runs, Holm's p < .05 over ${pairs.length} pairs of a method and a number of probes: above it ${below}, below it ${above}. Its mean is the highest at ${leading.length === 0 ? 'none' : leading.join(', ')} of ${probes.join(', ')} probes; the nearest is ${nearest.policy} at ${nearest.count}: ${shown(nearest.difference)}.`,
    },
  ]
}

/** QNC against K-Means, with how often the best LLM is matched: found in hindsight, for both alike. */
function cheaperToMatchTheBest(table: TrialTable, probes: readonly number[]): Finding[] {
  const known = probes.flatMap((count) => {
    const cheaper = table.difference(at('uniroute', count), at('universal', count), 'qnc')
    const oftener = table.difference(at('universal', count), at('uniroute', count), 'qncReached')
    return cheaper === undefined || oftener === undefined ? [] : [{ count, cheaper, oftener }]
  })
  if (known.length === 0) return []
  const verdicts = known.flatMap(({ cheaper, oftener }) => [cheaper, oftener].map((one) => verdictAbove(one.interval)))
  const listed = known
    .map(({ count, cheaper, oftener }) => `${count} probes: ${shown(cheaper)} of its cost, ${shown(oftener)} of trials`)
    .join('; ')
  return [
    {
      id: 'universal-matches-the-best-cheaper',
      source,
      claim: '`universal` matches the best single LLM at a lower cost, and more often, than UniRoute (K-Means).',
      verdict: verdicts.every((verdict) => verdict === 'confirmed')
        ? 'confirmed'
        : verdicts.includes('refuted')
          ? 'refuted'
          : 'undecided',
      evidence: `QNC saved and how much oftener it is reached. ${listed}. Points found in hindsight on both sides.`,
    },
  ]
}
