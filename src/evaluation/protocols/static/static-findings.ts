import type { Comparison, Finding, Interval, Verdict } from '../../evaluation-result.ts'
import { studentInterval } from '../../metrics/interval.ts'
import { list, named, percent, signedInterval } from './finding-words.ts'
import type { JoinedRow } from './joined-row.ts'
import type { ShuffledGains } from './shuffled-control.ts'
import { simpleNearlyTie } from './simple-nearly-tie.ts'
import { pairedDifference, trainedHullLabel } from './static-comparisons.ts'

export interface StaticEvidence {
  readonly rows: readonly JoinedRow[]
  /** Of the routers fitted on shuffled labels, the shuffles of all seeds together. */
  readonly shuffled: readonly ShuffledGains[]
  readonly comparisons: readonly Comparison[]
  /** Id of the best single LLM on the test prompts, where it is the same for every seed. */
  readonly bestLlm: string | undefined
}

/** MixLLM's headline (arXiv:2502.18482): 97.25 % of GPT-4's quality at 24.18 % of its cost. */
const mixLlmCostShare = 0.2418

/** Share of replicates below which an interval's end counts as out of reach. */
const rarely = 0.025

/** Fewer shuffles, and Student's interval over them leans on two or three draws. */
export const fewestShuffles = 6

/** Family-wise error rate of every verdict that rests on many comparisons. */
const significance = 0.05

/**
 * What these data say to each claim. One rule for all: a claim is confirmed when the 95 % interval of its figure lies on the
 * side it claims, refuted when it lies wholly on the other, else undecided; claims about many policies count
 * differences whose p is below .05 after Holm's correction.
 */
export function staticFindings(evidence: StaticEvidence): Finding[] {
  return [
    ...aboveHull(evidence),
    ...learnedBeatHull(evidence),
    ...noneAbove(evidence),
    ...simpleNearlyTie(evidence.rows),
    ...shrinkage(evidence),
    ...costShare(evidence),
    ...shuffledLabels(evidence),
  ]
}

function aboveHull({ rows }: StaticEvidence): Finding[] {
  const own = rows.find((row) => row.label === 'pointsman')
  const gain = own?.interval('sweepGain')
  if (gain === undefined) return []
  return [
    {
      id: 'static-above-hull',
      source: 'pointsman',
      claim: 'Pointsman is above what mixtures of fixed LLMs reach.',
      verdict: verdictAbove(gain),
      evidence: `Area of its sweep as it runs, without hull or running maximum, as these keep the lucky parts, above the hull of the LLMs picked on the training prompts: ${signedInterval(gain)}.`,
    },
  ]
}

/** One entry per router: variants of a policy, and the stack that Pointsman serves, count with it. */
function distinctRouters(found: readonly Comparison[]): Comparison[] {
  const hasPointsman = found.some(({ policy }) => policy === 'pointsman')
  return found.filter(
    ({ policy, setting }) => Object.keys(setting).length === 0 && !(hasPointsman && policy === 'stacked'),
  )
}

function learnedBeatHull({ comparisons }: StaticEvidence): Finding[] {
  const found = distinctRouters(
    comparisons.filter(
      ({ against, metric, p }) => against === trainedHullLabel && metric === 'sweepGain' && p !== null,
    ),
  )
  if (found.length === 0) return []
  const beyond = found.filter(({ pHolm }) => pHolm! < significance)
  const above = beyond.filter(({ difference }) => difference.mean > 0)
  const below = beyond.filter(({ difference }) => difference.mean < 0)
  const isHalf = (part: readonly Comparison[]): boolean => 2 * part.length >= found.length
  const verdict = isHalf(above) === isHalf(below) ? 'undecided' : isHalf(above) ? 'confirmed' : 'refuted'
  return [
    {
      id: 'static-learned-routers-beat-hull',
      source: 'RouterBench (arXiv:2403.12031)',
      claim: 'Learned routers beat mixtures of fixed LLMs.',
      verdict,
      evidence: `Of ${found.length} routers and baselines the sweeps of ${above.length} run above the hull of the fixed LLMs picked on the training prompts and those of ${below.length} below it (area of the sweep, Holm's p < .05): ${list(above)} above; half of them decide.`,
    },
  ]
}

function noneAbove({ comparisons }: StaticEvidence): Finding[] {
  const found = comparisons.filter(
    ({ policy, against, metric, p }) =>
      against === 'pointsman' && metric === 'aiq' && p !== null && policy !== 'zero-router',
  )
  if (found.length === 0) return []
  const beyond = found.filter(({ pHolm }) => pHolm! < significance)
  const above = beyond.filter(({ difference }) => difference.mean > 0)
  const below = beyond.filter(({ difference }) => difference.mean < 0)
  const best = found.reduce((a, b) => (b.difference.mean > a.difference.mean ? b : a))
  return [
    {
      id: 'static-none-above-pointsman',
      source: 'pointsman',
      claim: 'No other router or baseline is above Pointsman.',
      verdict: above.length > 0 ? 'refuted' : below.length === found.length ? 'confirmed' : 'undecided',
      evidence: `AIQ, Holm's p < .05: ${list(above)} above it, ${below.length} of ${found.length} below it; the nearest is ${named(best)} at ${signedInterval(best.difference)}.`,
    },
  ]
}

function shrinkage({ rows }: StaticEvidence): Finding[] {
  return withRows(rows, ['stacked', 'stacked (trust 1)'], ([shrunk, trusting]) => {
    const gain = pairedDifference(shrunk, trusting, 'aiq')!.difference
    // The same choices everywhere: κ was 1 on every seed.
    const isShrunk = gain.mean !== 0 || gain.low !== 0 || gain.high !== 0
    return {
      id: 'static-shrinkage-to-means',
      source: 'pointsman',
      claim: 'Shrinking predictions to the LLM means (κ, chosen out of fold) does not cost AIQ.',
      verdict: isShrunk ? verdictNoLoss(gain) : 'undecided',
      evidence: !isShrunk
        ? 'Nothing was shrunk: on every seed the stack with κ as chosen is that with κ = 1.'
        : `AIQ of the stack with κ as chosen, minus κ = 1: ${signedInterval(gain)}. Confirmed when the loss is surely below .001.`,
    }
  })
}

function costShare({ rows, bestLlm }: StaticEvidence): Finding[] {
  if (bestLlm === undefined || !isGpt4(bestLlm)) return []
  return ['mixllm', 'pointsman'].flatMap((policy) => {
    const row = rows.find((other) => other.label === policy)
    if (row === undefined) return []
    const share = row.interval('costAt9725')
    const reached = row.reachedShare('costAt9725')
    const unreached = reached < rarely ? 'refuted' : 'undecided'
    return [
      {
        id: `${policy}-gpt-4-cost-share`,
        source: policy === 'mixllm' ? 'MixLLM (arXiv:2502.18482)' : 'pointsman',
        claim: `${policy === 'mixllm' ? 'MixLLM' : 'Pointsman'} keeps 97.25 % of GPT-4's quality at 24.18 % of its cost.`,
        verdict: share === undefined ? unreached : verdictBelow(share, mixLlmCostShare),
        evidence:
          share === undefined
            ? `97.25 % of the quality of ${bestLlm} is not reached on all seeds; ${percent(reached)} of the replicates reach it.`
            : `97.25 % of the quality of ${bestLlm} takes ${percent(share.mean)} of its cost [${bound(share.low)}, ${bound(share.high)}]. The paper's set is ten times as large and holds other tasks.`,
      } satisfies Finding,
    ]
  })
}

/** Whether an id names GPT-4 or GPT-4 Turbo, not one of the later LLMs that only share the number. */
export function isGpt4(id: string): boolean {
  return /(^|[^a-z0-9])gpt[-_]?4(?![a-z0-9.])(?![-_][15]($|[^0-9]))(?![-_]?(mini|nano|omni))/iu.test(id)
}

function shuffledLabels({ shuffled }: StaticEvidence): Finding[] {
  if (shuffled.length === 0) return []
  const blind = shuffled.map(({ policy, blind }) => ({ policy, gain: studentInterval(blind) }))
  const priced = shuffled.map(({ policy, priced }) => ({ policy, gain: studentInterval(priced) }))
  const tell = (gains: typeof blind): string =>
    gains.map(({ policy, gain }) => `${policy} ${signedInterval(gain)}`).join(', ')
  const enough = shuffled.every(({ blind }) => blind.length >= fewestShuffles)
  const isAbove = blind.some(({ gain }, i) => shuffled[i]!.blind.length >= fewestShuffles && gain.low! > 0)
  const counts = shuffled.map((gains) => `${gains.blind.length} of ${gains.policy}`).join(', ')
  return [
    {
      id: 'control-shuffled-labels',
      source: 'control',
      claim: 'Fitted on labels shuffled across prompts, a router gains nothing over mixtures of fixed LLMs.',
      verdict: isAbove ? 'refuted' : enough ? 'confirmed' : 'undecided',
      evidence: `Area of the sweep as it runs, without hull, against the LLMs on the hull of the training prompts, every cost taken as the LLM's mean: ${tell(blind)} (Student over shuffles: ${counts}). Refuted when an interval lies above 0, as then something leaks; undecided below ${fewestShuffles} shuffles of each.`,
    },
    {
      id: 'static-cost-prediction-alone',
      source: 'pointsman',
      claim: 'Predicting the bills of a prompt is worth something even to a router that knows nothing of quality.',
      verdict: enough ? verdictOfAll(priced.map(({ gain }) => gain)) : 'undecided',
      evidence: `The same routers with the cost predicted for each prompt: ${tell(priced)}. Confirmed when all intervals lie above 0, refuted when all lie below.`,
    },
  ]
}

function verdictOfAll(gains: readonly Interval[]): Verdict {
  const verdicts = new Set(gains.map(verdictAbove))
  return verdicts.size === 1 ? [...verdicts][0]! : 'undecided'
}

/** Makes the finding when all rows are there, by their labels. */
function withRows<const Labels extends readonly string[]>(
  rows: readonly JoinedRow[],
  labels: Labels,
  make: (found: { [Index in keyof Labels]: JoinedRow }) => Finding,
): Finding[] {
  const found = labels.flatMap((label) => rows.find((row) => row.label === label) ?? [])
  if (found.length < labels.length || found.some((row) => row.estimate('aiq') === undefined)) return []
  return [make(found as { [Index in keyof Labels]: JoinedRow })]
}

function verdictAbove({ low, high }: Interval): Verdict {
  if (low !== null && low > 0) return 'confirmed'
  return high !== null && high < 0 ? 'refuted' : 'undecided'
}

/** A loss of less than .001 makes no difference to anybody. */
function verdictNoLoss(gain: Interval): Verdict {
  if (gain.low !== null && gain.low > -0.001) return 'confirmed'
  return verdictAbove(gain) === 'refuted' ? 'refuted' : 'undecided'
}

function verdictBelow({ low, high }: Interval, limit: number): Verdict {
  if (high !== null && high <= limit) return 'confirmed'
  return low !== null && low > limit ? 'refuted' : 'undecided'
}

function bound(share: number | null): string {
  return share === null ? 'never' : percent(share)
}
