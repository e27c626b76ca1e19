import type { Finding } from '../../evaluation-result.ts'
import { ablationFindings, controlFinding, tagFindings } from './ablation-findings.ts'
import type { JudgedClaim } from './judged-claim.ts'
import { liftFindings } from './lift-findings.ts'
import { combine, describeFigure, differenceOf, judge } from './measured.ts'
import { leftOutFindings, poolFindings, topFinding } from './pool-findings.ts'
import { lambdas } from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import { meanUtility } from './sweep-means.ts'
import { qualityFor } from './sweep-quality.ts'

const paper = 'MixLLM'

/** Where the paper reports its headline: share of the best LLM's cost, and share of its quality. */
const headline = { cost: 0.2418, quality: 0.9725 } as const

/** Each claim, and what these data say to it, Holm over all of them. A claim whose rows are not there is left out. */
export function streamFindings(summary: StreamSummary): Finding[] {
  const claims = [
    ...headlineFinding(summary),
    ...liftFindings(summary, 'mixllm', paper),
    ...liftFindings(summary, 'pointsman', 'pointsman'),
    ...tagFindings(summary),
    ...ablationFindings(summary),
    ...controlFinding(summary),
    ...poolFindings(summary),
    ...topFinding(summary),
    ...leftOutFindings(summary),
    ...routerFindings(summary),
  ]
  const verdicts = judge(claims.map(({ figure }) => figure))
  return claims.map(({ id, source, claim, evidence }, i) => ({ id, source, claim, verdict: verdicts[i]!, evidence }))
}

function headlineFinding(summary: StreamSummary): JudgedClaim[] {
  const best = summary.find('best-single', { timeLimit: null })
  const rows = summary.sweep('mixllm', { offlineShare: 0.8, feedback: 'refined', timeLimit: null }, lambdas)
  if (best === undefined || rows.length === 0) return []
  const share = combine([qualityFor(rows, headline.cost * best.costUsd.mean), best.quality], ([q, b]) => q! / b!)
  const beyond = combine([share], ([value]) => value! - headline.quality)
  return [
    {
      id: 'mixllm-headline',
      source: paper,
      claim: 'MixLLM reaches 97.25 % of the best LLM’s quality at 24.18 % of its cost (RouterBench, GPT-4).',
      figure: beyond,
      evidence: Number.isNaN(share.mean)
        ? 'Its cheapest λ costs more than 24.18 % of the best single LLM: not reachable at that cost.'
        : `${describeFigure(beyond, 'share')} against 97.25 %: it has ${(100 * share.mean).toFixed(2)} % of the best single LLM’s quality at 24.18 % of its cost, linear between neighbouring λ. 80:20, refined feedback, no time limit.`,
    },
  ]
}

function routerFindings(summary: StreamSummary): JudgedClaim[] {
  const findings: JudgedClaim[] = []
  for (const timeLimit of [null, 30]) {
    const setting = { offlineShare: 0.8, feedback: 'refined', timeLimit }
    const ours = summary.sweep('pointsman', setting, lambdas)
    const theirs = summary.sweep('mixllm', setting, lambdas)
    if (ours.length === 0 || theirs.length === 0) continue
    const gain = differenceOf(meanUtility(summary, ours), meanUtility(summary, theirs))
    const where = timeLimit === null ? 'without a time limit' : 'under load with a time limit of 30 s'
    findings.push({
      id: `pointsman-beats-mixllm-${timeLimit === null ? 'unlimited' : 'limited'}`,
      source: 'pointsman',
      claim: `Pointsman is worth more than MixLLM ${where}.`,
      figure: gain,
      evidence: `${describeFigure(gain, 'quality')} in utility at the same λ, mean over λ, 80:20, refined feedback.${timeLimit === null ? '' : queueWords(summary, theirs)}`,
    })
  }
  return findings
}

/** Who sees the queues, and what it is worth to Pointsman to see them too. */
function queueWords(summary: StreamSummary, theirs: readonly RunSummary[]): string {
  const told = { offlineShare: 0.8, feedback: 'refined', timeLimit: 30, seesQueues: true }
  const rows = summary.sweep('pointsman', told, lambdas)
  const who =
    ' MixLLM is told the waiting time of every queue every 10 s; Pointsman sees the times of its own calls only.'
  if (rows.length === 0) return who
  const gain = differenceOf(meanUtility(summary, rows), meanUtility(summary, theirs))
  return `${who} Told the same, Pointsman has ${describeFigure(gain, 'quality')} against MixLLM.`
}
