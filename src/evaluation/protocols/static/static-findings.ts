import type { Comparison, Finding, Interval, Verdict } from '../../evaluation-result.ts'
import { studentInterval } from '../../metrics/interval.ts'
import type { JoinedRow } from './joined-row.ts'
import type { ShuffledGains } from './shuffled-control.ts'
import { pairedDifference } from './static-comparisons.ts'

export interface StaticEvidence {
  readonly rows: readonly JoinedRow[]
  /** Of the routers fitted on shuffled labels, the shuffles of all seeds together. */
  readonly shuffled: readonly ShuffledGains[]
  readonly comparisons: readonly Comparison[]
  /** Id of the best single LLM on the training prompts. */
  readonly bestLlm: string
}

/** MixLLM's headline (arXiv:2502.18482): 97.25 % of GPT-4's quality at 24.18 % of its cost. */
const mixLlmCostShare = 0.2418

/** Family-wise error rate of every verdict that rests on many comparisons. */
const significance = 0.05

/** A difference in AIQ below a hundredth counts as nearly a tie: about one point of quality. */
const nearTie = 0.01

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
    ...simpleNearlyTie(evidence),
    ...shrinkage(evidence),
    ...costShare(evidence),
    ...shuffledLabels(evidence),
  ]
}

function aboveHull({ rows }: StaticEvidence): Finding[] {
  return withRows(rows, ['pointsman', 'zero-router (hull train)', 'zero-router'], ([own, trained, tested]) => {
    const raw = pairedDifference(own, trained, 'aiqRaw', 'aiq')!.difference
    const gain = pairedDifference(own, trained, 'aiq')!.difference
    const bound = pairedDifference(own, tested, 'aiq')!.difference
    return {
      id: 'static-above-hull',
      source: 'pointsman',
      claim: 'Pointsman is above what mixtures of fixed LLMs reach.',
      verdict: verdictAbove(raw),
      evidence: `AIQ of its sweep without hull, as a hull keeps the lucky parts, against the LLMs on the hull of the training prompts: ${signedInterval(raw)}. Both with their hulls: ${signedInterval(gain)}; against the hull of the test prompts, which nobody can pick beforehand: ${signedInterval(bound)}.`,
    }
  })
}

function learnedBeatHull({ comparisons }: StaticEvidence): Finding[] {
  const found = comparisons.filter(
    ({ against, metric, p }) => against === 'zero-router (hull train)' && metric === 'aiq' && p !== null,
  )
  if (found.length === 0) return []
  const beyond = found.filter(({ pHolm }) => pHolm! < significance)
  const above = beyond.filter(({ difference }) => difference.mean > 0)
  const below = beyond.filter(({ difference }) => difference.mean < 0)
  const isHalf = (part: readonly Comparison[]): boolean => 2 * part.length >= found.length
  return [
    {
      id: 'static-learned-routers-beat-hull',
      source: 'RouterBench (arXiv:2403.12031)',
      claim: 'Learned routers beat mixtures of fixed LLMs.',
      verdict: isHalf(above) ? 'confirmed' : isHalf(below) ? 'refuted' : 'undecided',
      evidence: `Of ${found.length} routers and baselines ${above.length} are above the hull of fixed LLMs picked on the training prompts and ${below.length} below it (AIQ, Holm's p < .05); half of them decide.`,
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

/** Reviews find that linear, kNN and clusters come within about a point of the best learned router. */
function simpleNearlyTie({ rows }: StaticEvidence): Finding[] {
  const fitted = rows.filter((row) => row.kind !== 'reference' && row.estimate('aiq') !== undefined)
  const simple = fitted.filter((row) => ['ridge', 'knn', 'cluster'].includes(row.policy))
  if (simple.length === 0 || fitted.length <= simple.length) return []
  const best = fitted.reduce((a, b) => (b.estimate('aiq')! > a.estimate('aiq')! ? b : a))
  const gaps = simple
    .filter((row) => row !== best)
    .map((row) => ({ row, gap: pairedDifference(best, row, 'aiq')!.difference }))
  const isNear = gaps.every(({ gap }) => gap.high !== null && gap.high < nearTie)
  const isFar = gaps.some(({ gap }) => gap.low !== null && gap.low > nearTie)
  return [
    {
      id: 'static-simple-nearly-tie',
      source: 'Routing Plateau (arXiv:2606.07587)',
      claim: 'Linear, nearest-neighbour and cluster routers come within .01 of the best.',
      verdict: isNear ? 'confirmed' : isFar ? 'refuted' : 'undecided',
      evidence: `The best AIQ is ${best.label}'s; it is ahead of ${gaps.map(({ row, gap }) => `${row.label} by ${interval(gap)}`).join(', ')}. Refuted when one gap is surely larger.`,
    },
  ]
}

function shrinkage({ rows }: StaticEvidence): Finding[] {
  return withRows(rows, ['stacked', 'stacked (trust 1)'], ([shrunk, trusting]) => {
    const gain = pairedDifference(shrunk, trusting, 'aiq')!.difference
    return {
      id: 'static-shrinkage-to-means',
      source: 'pointsman',
      claim: 'Shrinking predictions to the LLM means (κ, chosen out of fold) does not cost AIQ.',
      verdict:
        gain.low !== null && gain.low > -0.001
          ? 'confirmed'
          : verdictAbove(gain) === 'refuted'
            ? 'refuted'
            : 'undecided',
      evidence: `AIQ of the stack with κ as chosen, minus κ = 1: ${signedInterval(gain)}. Confirmed when the loss is surely below .001.`,
    }
  })
}

function costShare({ rows, bestLlm }: StaticEvidence): Finding[] {
  if (!/gpt-?4/i.test(bestLlm)) return []
  return ['mixllm', 'pointsman'].flatMap((policy) => {
    const row = rows.find((other) => other.label === policy)
    if (row === undefined) return []
    const share = row.interval('costAt9725')
    const reached = row.reachedShare('costAt9725')
    return [
      {
        id: `${policy}-gpt-4-cost-share`,
        source: policy === 'mixllm' ? 'MixLLM (arXiv:2502.18482)' : 'pointsman',
        claim: `${policy === 'mixllm' ? 'MixLLM' : 'Pointsman'} keeps 97.25 % of GPT-4's quality at 24.18 % of its cost.`,
        verdict: share === undefined ? 'undecided' : verdictBelow(share, mixLlmCostShare),
        evidence:
          share === undefined
            ? `97.25 % of the quality of ${bestLlm} is not reached on all seeds; ${percent(reached)} of the replicates reach it.`
            : `97.25 % of the quality of ${bestLlm} takes ${percent(share.mean)} of its cost [${bound(share.low)}, ${bound(share.high)}]. The paper's set is ten times as large and holds other tasks.`,
      } satisfies Finding,
    ]
  })
}

function shuffledLabels({ shuffled }: StaticEvidence): Finding[] {
  if (shuffled.length === 0) return []
  const blind = shuffled.map(({ policy, blind }) => ({ policy, gain: studentInterval(blind) }))
  const priced = shuffled.map(({ policy, priced }) => ({ policy, gain: studentInterval(priced) }))
  const tell = (gains: typeof blind): string =>
    gains.map(({ policy, gain }) => `${policy} ${signedInterval(gain)}`).join(', ')
  const isAbove = blind.some(({ gain }) => gain.low !== null && gain.low > 0)
  const counts = shuffled.map((gains) => `${gains.blind.length} of ${gains.policy}`).join(', ')
  return [
    {
      id: 'control-shuffled-labels',
      source: 'control',
      claim: 'Fitted on labels shuffled across prompts, a router gains nothing over mixtures of fixed LLMs.',
      verdict: isAbove ? 'refuted' : 'confirmed',
      evidence: `Area of the sweep as it runs, without hull, against the LLMs on the hull of the training prompts, every cost taken as the LLM's mean: ${tell(blind)} (Student over shuffles: ${counts}). Refuted when an interval lies above 0, as then something leaks.`,
    },
    {
      id: 'static-cost-prediction-alone',
      source: 'pointsman',
      claim: 'Predicting the bills of a prompt is worth something even to a router that knows nothing of quality.',
      verdict: verdictOfAll(priced.map(({ gain }) => gain)),
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

function verdictBelow({ low, high }: Interval, limit: number): Verdict {
  if (high !== null && high <= limit) return 'confirmed'
  return low !== null && low > limit ? 'refuted' : 'undecided'
}

function named({ policy, setting }: Comparison): string {
  const words = Object.entries(setting).map(([key, value]) => `${key} ${String(value)}`)
  return words.length === 0 ? policy : `${policy} (${words.join(', ')})`
}

function list(found: readonly Comparison[]): string {
  return found.length === 0 ? 'none' : found.map(named).join(', ')
}

function signedInterval({ mean, low, high }: Interval): string {
  return low === null || high === null ? signed(mean) : `${signed(mean)} [${signed(low)}, ${signed(high)}]`
}

function interval({ mean, low, high }: Interval): string {
  return low === null || high === null ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${figure(Math.abs(value))}`
}

function figure(value: number): string {
  return value
    .toFixed(4)
    .replace(/^-/, '−')
    .replace(/^(−?)0\./, '$1.')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function bound(share: number | null): string {
  return share === null ? 'never' : percent(share)
}
