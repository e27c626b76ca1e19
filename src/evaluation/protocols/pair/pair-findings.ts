import type { Comparison, Finding, Interval, Verdict } from '../../evaluation-result.ts'
import { policyKinds } from '../../policy-names.ts'
import { intervalOf, type JoinedSlice } from './joined-slice.ts'

/** After Holm's correction. */
const significance = 0.05

/** Of RouteLLM's matrix factorisation on MT-Bench, trained on Arena battles and judged data (arXiv:2406.18665). */
const publishedMtBenchApgr = 0.802

/** Each verdict rests on bootstrap intervals of paired differences, corrected by Holm; see the evidence. */
export function pairFindings(slices: readonly JoinedSlice[], comparisons: readonly Comparison[]): Finding[] {
  const apgr = comparisons.filter((comparison) => comparison.metric === 'apgr')
  return [
    ...learnedBeatsRandom(apgr),
    ...againstBaselines(apgr),
    ...againstPromptLength(apgr),
    ...publishedMtBench(slices),
  ]
}

function learnedBeatsRandom(apgr: readonly Comparison[]): Finding[] {
  const learned = apgr.filter(
    ({ policy, against, setting }) => against === 'random' && setting.source === null && kindOf(policy) !== 'reference',
  )
  if (learned.length === 0) return []
  const above = learned.filter((comparison) => isSignificant(comparison) && comparison.difference.mean > 0)
  const below = learned.filter((comparison) => isSignificant(comparison) && comparison.difference.mean < 0)
  const best = learned.reduce((a, b) => (b.difference.mean > a.difference.mean ? b : a))
  const worst = learned.reduce((a, b) => (b.difference.mean < a.difference.mean ? b : a))
  return [
    {
      id: 'pair-learned-above-random',
      source: 'RouteLLM',
      claim:
        'A learned threshold router recovers more of the quality gap than random routing at the same share of strong calls.',
      verdict:
        above.length === learned.length ? 'confirmed' : 2 * below.length > learned.length ? 'refuted' : 'undecided',
      evidence: `${above.length} of ${learned.length} learned policies are above random routing in APGR after Holm's correction and ${below.length} below it (all above confirm, most below refute); from ${worst.policy} ${signed(worst.difference)} to ${best.policy} ${signed(best.difference)}.`,
    },
  ]
}

function againstBaselines(apgr: readonly Comparison[]): Finding[] {
  const others = apgr.filter(
    ({ policy, against, setting }) =>
      against === 'pointsman' && setting.source === null && kindOf(policy) !== 'reference' && policy !== 'stacked',
  )
  if (others.length === 0) return []
  const better = others.filter((comparison) => isSignificant(comparison) && comparison.difference.mean > 0)
  const worse = others.filter((comparison) => isSignificant(comparison) && comparison.difference.mean < 0)
  const nearest = others.reduce((a, b) => (b.difference.mean > a.difference.mean ? b : a))
  const names = (list: readonly Comparison[]): string => list.map(({ policy }) => policy).join(', ') || 'none'
  const verdict: Verdict = better.length > 0 ? 'refuted' : worse.length === others.length ? 'confirmed' : 'undecided'
  return [
    {
      id: 'pair-pointsman-best',
      source: 'pointsman',
      claim: 'pointsman recovers more of the quality gap than every other router and baseline.',
      verdict,
      evidence: `Above pointsman: ${names(better)}. Below: ${names(worse)}. The best other one, ${nearest.policy}, differs by ${signed(nearest.difference)} in APGR.`,
    },
  ]
}

function againstPromptLength(apgr: readonly Comparison[]): Finding[] {
  const found = apgr.filter(({ policy, against }) => policy === 'prompt-length' && against === 'pointsman')
  const overall = found.find(({ setting }) => setting.source === null)
  if (overall === undefined) return []
  const bySource = found.filter(({ setting }) => setting.source !== null)
  const where = bySource.map((found) => `${String(found.setting.source)} ${signed(negated(found.difference))}`)
  return [
    {
      id: 'pair-more-than-length',
      source: 'pointsman',
      claim: 'pointsman recovers more of the gap than sending the longest prompts to the strong LLM.',
      verdict: verdictOfDifference(negated(overall.difference), isSignificant(overall)),
      evidence: `pointsman minus prompt length, APGR: ${[`all ${signed(negated(overall.difference))}`, ...where].join('; ')}.`,
    },
  ]
}

/** Only a refutation can come of it: few prompts, and other training labels than the paper's. */
function publishedMtBench(slices: readonly JoinedSlice[]): Finding[] {
  const slice = slices.find(
    ({ policy, source }) => policy === 'matrix-factorisation' && source !== null && /^mt.?bench$/iu.test(source),
  )
  if (slice === undefined) return []
  const interval = intervalOf(slice.metrics.apgr.mean, slice.metrics.apgr.replicates)
  const below = interval.high !== null && interval.high < publishedMtBenchApgr
  return [
    {
      id: 'routellm-mt-bench-apgr',
      source: 'RouteLLM',
      claim: `Matrix factorisation reaches an APGR of ${figure(publishedMtBenchApgr)} on MT-Bench.`,
      verdict: below ? 'refuted' : 'undecided',
      evidence: `Here ${withInterval(interval)} on ${Math.round(slice.prompts)} test prompts, fitted on measured correctness of all sources; the paper fits on preference data.`,
    },
  ]
}

function kindOf(policy: string): string | undefined {
  return Object.hasOwn(policyKinds, policy) ? policyKinds[policy as keyof typeof policyKinds] : undefined
}

function isSignificant({ pHolm }: Comparison): boolean {
  return pHolm !== null && pHolm < significance
}

function verdictOfDifference(difference: Interval, significant: boolean): Verdict {
  if (!significant) return 'undecided'
  return difference.mean > 0 ? 'confirmed' : 'refuted'
}

function negated({ mean, low, high }: Interval): Interval {
  return { mean: -mean, low: high === null ? null : -high, high: low === null ? null : -low }
}

function signed(difference: Interval): string {
  return `${difference.mean < 0 ? '−' : '+'}${withInterval({ ...difference, mean: Math.abs(difference.mean) })}`
}

function withInterval({ mean, low, high }: Interval): string {
  return low === null || high === null ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`
}

/** Three decimals, without the leading zero. */
function figure(value: number): string {
  return value
    .toFixed(3)
    .replace(/^(-?)0\./u, '$1.')
    .replace('-', '−')
}
