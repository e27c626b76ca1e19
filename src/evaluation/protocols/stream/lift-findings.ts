import type { PolicyName } from '../../policy-names.ts'
import type { JudgedClaim } from './judged-claim.ts'
import { averageOf, describeFigure, differenceOf, liftOf, type Measured } from './measured.ts'
import { lambdas, offlineShares, type StreamFeedback } from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import { meanQuality, meanUtility } from './sweep-means.ts'

/** Relative lifts of the paper's Table 1, in its order: refined and binary feedback, by offline share. */
export const paperLifts = {
  refined: { 0.8: 0.0121, 0.5: 0.0139, 0.3: 0.0222 },
  binary: { 0.8: 0.0052, 0.5: 0.0053, 0.3: 0.0131 },
} as const

/** With and without what a router learned from the stream. */
export function liftPair(
  summary: StreamSummary,
  policy: PolicyName,
  offlineShare: number,
  feedback: StreamFeedback,
  timeLimit: number | null,
): { readonly taught: RunSummary[]; readonly untaught: RunSummary[] } | undefined {
  const rows = (kind: StreamFeedback) => summary.sweep(policy, { offlineShare, feedback: kind, timeLimit }, lambdas)
  const taught = rows(feedback)
  const untaught = rows('none')
  return taught.length === 0 || untaught.length === 0 ? undefined : { taught, untaught }
}

/** What feedback lifts at each offline share, and whether it lifts more where less was known. */
export function liftFindings(summary: StreamSummary, policy: PolicyName, source: string): JudgedClaim[] {
  const findings: JudgedClaim[] = []
  for (const feedback of ['refined', 'binary'] as const) {
    const lifts: Measured[] = []
    for (const offlineShare of offlineShares) {
      const pair = liftPair(summary, policy, offlineShare, feedback, null)
      if (pair === undefined) continue
      const lift = liftOf(meanQuality(pair.taught), meanQuality(pair.untaught))
      lifts.push(lift)
      const utility = differenceOf(meanUtility(summary, pair.taught), meanUtility(summary, pair.untaught))
      findings.push({
        id: `${policy}-online-lift-${feedback}-${100 * offlineShare}`,
        source,
        claim: liftClaim(policy, feedback, offlineShare),
        // The paper speaks of quality; a router that is told a λ may rightly trade some of it for money.
        figure: policy === 'mixllm' ? lift : utility,
        evidence: liftEvidence(summary, pair, lift, policy, offlineShare, feedback),
      })
    }
    const [most, , least] = lifts
    if (policy !== 'mixllm' || most === undefined || least === undefined) continue
    const growth = differenceOf(least, most)
    findings.push({
      id: `mixllm-online-lift-${feedback}-grows`,
      source,
      claim: `The less is known offline, the more ${feedback} feedback lifts quality.`,
      figure: growth,
      evidence: `Lift at 30:70 less lift at 80:20, mean over λ: ${describeFigure(growth, 'share')}.`,
    })
  }
  return findings
}

function liftClaim(policy: PolicyName, feedback: 'refined' | 'binary', offlineShare: 0.8 | 0.5 | 0.3): string {
  const ratio = `${100 * offlineShare}:${Math.round(100 * (1 - offlineShare))}`
  if (policy !== 'mixllm') return `At ${ratio} offline to online, ${feedback} feedback makes Pointsman worth more.`
  const stated = `+${(100 * paperLifts[feedback][offlineShare]).toFixed(2)} %`
  return `At ${ratio} offline to online, ${feedback} feedback lifts MixLLM’s quality afterwards (the paper: ${stated}).`
}

function liftEvidence(
  summary: StreamSummary,
  { taught, untaught }: { readonly taught: RunSummary[]; readonly untaught: RunSummary[] },
  lift: Measured,
  policy: PolicyName,
  offlineShare: number,
  feedback: StreamFeedback,
): string {
  const utility = differenceOf(meanUtility(summary, taught), meanUtility(summary, untaught))
  const cost = liftOf(averageOf(taught.map((row) => row.costUsd)), averageOf(untaught.map((row) => row.costUsd)))
  const at = (rows: RunSummary[]) => rows.find((row) => row.setting.lambda === 1.4)!.quality
  const headlineLift = liftOf(at(taught), at(untaught))
  const limited = liftPair(summary, policy, offlineShare, feedback, 30)
  const underLimit =
    limited === undefined
      ? ''
      : ` Under the time limit: ${describeFigure(liftOf(meanQuality(limited.taught), meanQuality(limited.untaught)), 'share')}.`
  const inQuality = `${describeFigure(lift, 'share')} in quality (relative, mean over λ; at λ = 1.4 ${describeFigure(headlineLift, 'share')})`
  const inUtility = `${describeFigure(utility, 'quality')} in utility (mean over λ)`
  const [judged, other] = policy === 'mixllm' ? [inQuality, inUtility] : [inUtility, inQuality]
  return `${judged}; ${other}; cost ${describeFigure(cost, 'share')}.${underLimit}`
}
