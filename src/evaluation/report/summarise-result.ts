import type { Comparison, EvaluationResult } from '../evaluation-result.ts'
import { isContender } from './ceilings.ts'
import { formatMetric } from './format-number.ts'
import { judgeComparison } from './judge-comparison.ts'
import { metricDescription, protocolMetrics, rankedProtocols } from './metric-descriptions.ts'
import { learnsOnline } from './policy-descriptions.ts'
import { groupBySetting } from './setting-groups.ts'
import { comparisonsOf, mainComparisons, readingLines } from './summary-comparisons.ts'
import { type PlayedSetting, playedSettings } from './summary-settings.ts'
import { attainments, headroom, leaders, missedReferences, withInterval } from './summary-values.ts'

/** What a result says, in sentences. Names of policies stand between backticks. */
export interface ResultSummary {
  /** The policy the summary is about: `pointsman` where it was evaluated, else the router that leads. */
  readonly subject: string | undefined
  readonly headline: string
  /** What the subject reaches, and what it beats. */
  readonly gains: readonly string[]
  /** Where it loses, or does not win; never empty when there is a subject. */
  readonly losses: readonly string[]
}

/** Derives the plain-language summary from rows and comparisons alone, so that it cannot say more than they do. */
export function summariseResult(result: EvaluationResult): ResultSummary {
  const metric = protocolMetrics[result.protocol][0]
  const subject = chooseSubject(result)
  if (subject === undefined) {
    return { subject, headline: 'No policy that routes was evaluated: only reference rows.', gains: [], losses: [] }
  }
  const isRanked = rankedProtocols.has(result.protocol)
  const played = playedSettings(groupBySetting(result.results).groups, subject, metric)
  const compared = comparisonsOf(result, subject)
  // To say of every metric what chance explains would bury what it does not.
  const judged = mainComparisons(compared, result.protocol)
  const decisive = isRanked ? compared : judged
  const losses = [
    ...readingLines(decisive, 'worse', 'worse, beyond chance, than'),
    ...(isRanked ? missedReferences(played, metric) : []),
    ...(isRanked ? leaders(played, metric, compared) : []),
    ...readingLines(judged, 'even', 'not distinguishable from'),
    ...result.findings
      .filter((finding) => finding.verdict === 'refuted')
      .map((finding) => `Refuted on these data: ${finding.claim} (${finding.source}).`),
  ]
  return {
    subject,
    headline: isRanked ? rankHeadline(played, subject, metric) : comparisonHeadline(judged, subject, result),
    gains: [
      ...(isRanked ? headroom(played, metric) : []),
      ...attainments(played, result.protocol),
      ...readingLines(decisive, 'better', 'better, beyond chance (p < .05 after Holm’s correction), than'),
    ],
    losses:
      losses.length > 0 ? losses : ['Nowhere in what was compared; a policy that was not run may still be better.'],
  }
}

/** Pointsman; else the router that leads the others in most settings; else the baseline that does. */
function chooseSubject(result: EvaluationResult): string | undefined {
  const rows = result.results.filter(isContender)
  if (rows.some((row) => row.policy === 'pointsman')) return 'pointsman'
  const metric = protocolMetrics[result.protocol][0]
  const routers = rows.filter((row) => row.kind === 'router')
  const candidates = routers.length > 0 ? routers : rows
  const policies = [...new Set(candidates.map((row) => row.policy))]
  const { groups } = groupBySetting(candidates)
  // Settings with one candidate rank nothing.
  const ranked = groups.filter((group) => new Set(group.rows.map((row) => row.policy)).size > 1)
  const wins = (policy: string): number =>
    playedSettings(ranked, policy, metric).filter((setting) => setting.place === 0).length
  return policies.reduce<string | undefined>(
    (best, policy) => (best === undefined || wins(policy) > wins(best) ? policy : best),
    undefined,
  )
}

function rankHeadline(played: readonly PlayedSetting[], subject: string, metric: string): string {
  const { label: name, gloss, better } = metricDescription(metric)
  const label = gloss === undefined ? name : `${name} (${gloss})`
  const best = better === 'lower' ? 'lowest' : 'highest'
  if (played.length === 0) return `\`${subject}\` has no ${label} on these data.`
  if (played.length > 1) {
    const won = played.filter((setting) => setting.place === 0).length
    const others = played.filter((setting) => setting.place > 0).map((setting) => setting.ranked[0]!.policy)
    const rival = mostFrequent(others)
    const rest = rival === undefined ? '' : `; \`${rival.name}\` in ${rival.count}`
    return `\`${subject}\` has the ${best} ${label} in ${won} of ${played.length} settings${rest}.`
  }
  const { ranked, place, own } = played[0]!
  const value = withInterval(metric, own.metrics[metric]!)
  if (ranked.length === 1)
    return `\`${subject}\` reaches ${value} ${label}; nothing else that routes was run beside it.`
  if (place === 0) {
    const next = ranked[1]!
    return `\`${subject}\` has the ${best} ${label} of the ${ranked.length} policies that route: ${value}; next is \`${next.policy}\` with ${formatMetric(metric, next.metrics[metric]!.mean)}.`
  }
  const first = ranked[0]!
  return `\`${subject}\` is number ${place + 1} of ${ranked.length} by ${label}, with ${value}; \`${first.policy}\` leads with ${withInterval(metric, first.metrics[metric]!)}.`
}

function comparisonHeadline(compared: readonly Comparison[], subject: string, result: EvaluationResult): string {
  if (compared.length === 0)
    return `\`${subject}\` was not compared with another policy; see the findings and the tables.`
  const references = new Set(result.results.filter((row) => row.kind === 'reference').map((row) => row.policy))
  const policyOf = (against: string): string => against.split(' (')[0]!
  const camps: readonly (readonly [string, (policy: string) => boolean])[] = [
    ['policies that learn as they run', (policy) => !references.has(policy) && learnsOnline(policy)],
    ['policies that were fitted once', (policy) => !references.has(policy) && !learnsOnline(policy)],
    ['references that do not look at the prompt', (policy) => references.has(policy)],
  ]
  const tallies = camps.flatMap(([words, isOf]) => {
    const met = compared.filter((entry) => isOf(policyOf(entry.against)))
    const count = (reading: string): number => met.filter((entry) => judgeComparison(entry) === reading).length
    if (met.length === 0) return []
    return [
      `than ${words} in ${count('better')} of ${met.length} (worse in ${count('worse')}, not distinguishable in ${count('even')})`,
    ]
  })
  const labels = [...new Set(compared.map((entry) => metricDescription(entry.metric).label))].join(' or ')
  return `In paired comparisons of ${labels} \`${subject}\` is better beyond chance ${tallies.join('; ')}.`
}

function mostFrequent(names: readonly string[]): { readonly name: string; readonly count: number } | undefined {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const [first] = [...counts].sort((a, b) => b[1] - a[1])
  return first === undefined ? undefined : { name: first[0], count: first[1] }
}
