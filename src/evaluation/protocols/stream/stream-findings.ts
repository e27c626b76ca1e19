import type { Finding } from '../../evaluation-result.ts'
import type { PolicyName } from '../../policy-names.ts'
import { bandQuality, qualityFor } from './hull-quality.ts'
import { averageOf, combine, describeFigure, differenceOf, judge, liftOf, type Measured } from './measured.ts'
import { curveLambdas, lambdas, offlineShares, type StreamFeedback } from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'

const paper = 'MixLLM'

/** Relative lifts of the paper's Table 1, in its order: refined and binary feedback, by offline share. */
export const paperLifts = {
  refined: { 0.8: 0.0121, 0.5: 0.0139, 0.3: 0.0222 },
  binary: { 0.8: 0.0052, 0.5: 0.0053, 0.3: 0.0131 },
} as const

/** Low-cost band: up to this share of the dearest LLM's cost; the rest is the high-cost band. */
export const bandBorder = 0.25

/** Where the paper reports its headline: share of the best LLM's cost, and share of its quality. */
const headline = { cost: 0.2418, quality: 0.9725 } as const

/** Where it reports top-3. */
const topCost = 0.2

/** Each claim, and what these data say to it. A claim whose rows are not there is left out. */
export function streamFindings(summary: StreamSummary): Finding[] {
  return [
    ...headlineFinding(summary),
    ...liftFindings(summary, 'mixllm', paper),
    ...liftFindings(summary, 'pointsman', 'pointsman'),
    ...tagFindings(summary),
    ...ablationFindings(summary),
    ...poolFindings(summary),
    ...topFinding(summary),
    ...leftOutFindings(summary),
    ...routerFindings(summary),
  ]
}

/** Mean over λ of the quality at each. */
function meanQuality(rows: readonly RunSummary[]): Measured {
  return averageOf(rows.map((row) => row.quality))
}

/** Mean over λ of the utility at each. */
export function meanUtility(summary: StreamSummary, rows: readonly RunSummary[]): Measured {
  return averageOf(rows.map((row) => summary.utility(row, row.setting.lambda as number)))
}

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

function headlineFinding(summary: StreamSummary): Finding[] {
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
      verdict: judge(beyond),
      evidence: `At 24.18 % of the best single LLM’s cost it has ${(100 * share.mean).toFixed(2)} % of its quality; against 97.25 %: ${describeFigure(beyond, 'share')}. 80:20, refined feedback, no time limit.`,
    },
  ]
}

function liftFindings(summary: StreamSummary, policy: PolicyName, source: string): Finding[] {
  const findings: Finding[] = []
  for (const feedback of ['refined', 'binary'] as const) {
    const lifts: Measured[] = []
    for (const offlineShare of offlineShares) {
      const pair = liftPair(summary, policy, offlineShare, feedback, null)
      if (pair === undefined) continue
      const lift = liftOf(meanQuality(pair.taught), meanQuality(pair.untaught))
      lifts.push(lift)
      findings.push({
        id: `${policy}-online-lift-${feedback}-${100 * offlineShare}`,
        source,
        claim: liftClaim(policy, feedback, offlineShare),
        verdict: judge(lift),
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
      verdict: judge(growth),
      evidence: `Lift at 30:70 less lift at 80:20, mean over λ: ${describeFigure(growth, 'share')}.`,
    })
  }
  return findings
}

function liftClaim(policy: PolicyName, feedback: 'refined' | 'binary', offlineShare: 0.8 | 0.5 | 0.3): string {
  const ratio = `${100 * offlineShare}:${Math.round(100 * (1 - offlineShare))}`
  const stated = policy === 'mixllm' ? ` (the paper: +${(100 * paperLifts[feedback][offlineShare]).toFixed(2)} %)` : ''
  return `At ${ratio} offline to online, ${feedback} feedback lifts the quality that follows${stated}.`
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
  return `Relative lift in quality, mean over λ: ${describeFigure(lift, 'share')}; at λ = 1.4 ${describeFigure(headlineLift, 'share')}; cost ${describeFigure(cost, 'share')}, utility ${describeFigure(utility, 'quality')}.${underLimit}`
}

/** Costs between which tags, additions and top-k are compared, USD. */
export function costBands(summary: StreamSummary): { readonly low: Band; readonly high: Band } | undefined {
  const cheapest = summary.find('cheapest', { timeLimit: null })
  if (cheapest === undefined) return undefined
  const dearestUsd = summary.costReferenceUsd
  const border = bandBorder * dearestUsd
  const from = Math.min(cheapest.costUsd.mean, border / 2)
  return { low: { fromUsd: from, toUsd: border }, high: { fromUsd: border, toUsd: dearestUsd } }
}

interface Band {
  readonly fromUsd: number
  readonly toUsd: number
}

/** Relative gain of one sweep over another within a band of costs. */
export function bandLift(rows: readonly RunSummary[], against: readonly RunSummary[], band: Band): Measured {
  return liftOf(bandQuality(rows, band.fromUsd, band.toUsd), bandQuality(against, band.fromUsd, band.toUsd))
}

export function tagSweeps(summary: StreamSummary): { readonly tagged: RunSummary[]; readonly plain: RunSummary[] } {
  const rows = (ablation: string | null) =>
    summary.sweep('mixllm', { offlineShare: 0.8, feedback: 'none', timeLimit: null, ablation }, curveLambdas)
  return { tagged: rows(null), plain: rows('tags') }
}

function tagFindings(summary: StreamSummary): Finding[] {
  const { tagged, plain } = tagSweeps(summary)
  const bands = costBands(summary)
  if (tagged.length === 0 || plain.length === 0 || bands === undefined) return []
  return (['low', 'high'] as const).map((name) => {
    const lift = bandLift(tagged, plain, bands[name])
    const stated = name === 'low' ? '+5.72 %' : '+0.79 %'
    return {
      id: `mixllm-tags-${name}-cost`,
      source: paper,
      claim: `The tag-enhanced embedding raises quality in the ${name}-cost band (the paper: ${stated}).`,
      verdict: judge(lift),
      evidence: `Mean quality along the hull ${name === 'low' ? 'up to' : 'from'} ${100 * bandBorder} % of the dearest LLM’s cost, with against without: ${describeFigure(lift, 'share')}.`,
    }
  })
}

function ablationFindings(summary: StreamSummary): Finding[] {
  const findings: Finding[] = []
  const setting = { offlineShare: 0.8, feedback: 'refined', timeLimit: null }
  const full = summary.sweep('mixllm', setting, lambdas)
  const still = summary.sweep('mixllm', { ...setting, ablation: 'uncertainty' }, lambdas)
  if (full.length > 0 && still.length > 0) {
    const gain = differenceOf(meanUtility(summary, full), meanUtility(summary, still))
    const wide = summary.sweep('mixllm', { ...setting, explorationWeight: 0.2 }, lambdas)
    const wideGain =
      wide.length === 0
        ? ''
        : ` Twenty times as wide (α = .2): ${describeFigure(differenceOf(meanUtility(summary, wide), meanUtility(summary, still)), 'quality')}.`
    findings.push({
      id: 'mixllm-uncertainty',
      source: paper,
      claim: 'The uncertainty term (α = .01) makes what is learned online better.',
      verdict: judge(gain),
      evidence: `Utility after the stream with it less without it, mean over λ: ${describeFigure(gain, 'quality')}.${wideGain}`,
    })
  }
  const limited = { ...setting, timeLimit: 30 }
  const penalised = summary.sweep('mixllm', limited, lambdas)
  const unpenalised = summary.sweep('mixllm', { ...limited, ablation: 'penalty' }, lambdas)
  if (penalised.length > 0 && unpenalised.length > 0) {
    const gain = differenceOf(meanQuality(penalised), meanQuality(unpenalised))
    const onTime = differenceOf(
      averageOf(penalised.map((row) => row.onTimeShare)),
      averageOf(unpenalised.map((row) => row.onTimeShare)),
    )
    findings.push({
      id: 'mixllm-penalty-under-load',
      source: paper,
      claim: 'The waiting penalty keeps quality up under load (late answers count 0).',
      verdict: judge(gain),
      evidence: `Quality with it less without it, mean over λ, τ = 30 s: ${describeFigure(gain, 'quality')}; answers in time ${describeFigure(onTime, 'share')}.`,
    })
  }
  return findings
}

/** Before and after the LLM joined; its id is in the rows. */
export function poolSweeps(summary: StreamSummary): { readonly before: RunSummary[]; readonly after: RunSummary[] } {
  const addedLlm = summary.rows.find((row) => row.setting.pool === 'after')?.setting.addedLlm
  if (addedLlm === undefined) return { before: [], after: [] }
  const rows = (pool: string) =>
    summary.sweep('mixllm', { offlineShare: 0.8, feedback: 'none', timeLimit: null, addedLlm, pool }, curveLambdas)
  return { before: rows('before'), after: rows('after') }
}

function poolFindings(summary: StreamSummary): Finding[] {
  const { before, after } = poolSweeps(summary)
  const bands = costBands(summary)
  if (before.length === 0 || after.length === 0 || bands === undefined) return []
  const gain = bandLift(after, before, { fromUsd: bands.low.fromUsd, toUsd: bands.high.toUsd })
  return [
    {
      id: 'mixllm-adding-llm',
      source: paper,
      claim: 'An LLM added by its own regressors alone improves the frontier.',
      verdict: judge(gain),
      evidence: `${String(after[0]!.setting.addedLlm)} joins: mean quality along the hull rises by ${describeFigure(gain, 'share')}.`,
    },
  ]
}

function topFinding(summary: StreamSummary): Finding[] {
  const best = summary.find('best-single', { timeLimit: null })
  const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null, topK: 3 }
  const rows = summary.sweep('mixllm', setting, curveLambdas)
  if (best === undefined || rows.length === 0) return []
  const gain = differenceOf(qualityFor(rows, topCost * best.costUsd.mean), best.quality)
  return [
    {
      id: 'mixllm-top-3',
      source: paper,
      claim:
        'Asking the three best LLMs and keeping the best answer passes the best single LLM at a fifth of its cost.',
      verdict: judge(gain),
      evidence: `Quality at 20 % of the best single LLM’s cost less that LLM’s quality: ${describeFigure(gain, 'quality')}. Keeping the best answer takes a judge that never errs.`,
    },
  ]
}

function leftOutFindings(summary: StreamSummary): Finding[] {
  const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null }
  const seen = summary.sweep('mixllm', { ...setting, leftOut: 'seen' }, lambdas)
  const unseen = summary.sweep('mixllm', { ...setting, leftOut: 'unseen' }, lambdas)
  const taught = summary.sweep('mixllm', { ...setting, feedback: 'refined', leftOut: 'unseen' }, lambdas)
  if (seen.length === 0 || unseen.length === 0 || taught.length === 0) return []
  const dropOf = (rows: RunSummary[]) => combine([liftOf(meanQuality(rows), meanQuality(seen))], ([lift]) => -lift!)
  const drop = dropOf(unseen)
  const shrinkage = differenceOf(drop, dropOf(taught))
  const utilityDrop = differenceOf(meanUtility(summary, seen), meanUtility(summary, unseen))
  const utilityGain = differenceOf(meanUtility(summary, taught), meanUtility(summary, unseen))
  return [
    {
      id: 'mixllm-left-out-drop',
      source: paper,
      claim: 'Quality drops on domains that the offline part did not have (the paper: 5.44 %).',
      verdict: judge(drop),
      evidence: `Relative drop, mean over λ: ${describeFigure(drop, 'share')}; in utility ${describeFigure(utilityDrop, 'quality')}. One rotation of domains per seed.`,
    },
    {
      id: 'mixllm-left-out-online',
      source: paper,
      claim: 'Online training makes that drop smaller (the paper: by or to 3.35 %, its readers differ).',
      verdict: judge(shrinkage),
      evidence: `The drop shrinks by ${describeFigure(shrinkage, 'share')}; utility rises by ${describeFigure(utilityGain, 'quality')}.`,
    },
  ]
}

function routerFindings(summary: StreamSummary): Finding[] {
  const findings: Finding[] = []
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
      verdict: judge(gain),
      evidence: `Utility less MixLLM’s at the same λ, mean over λ, 80:20, refined feedback: ${describeFigure(gain, 'quality')}.`,
    })
  }
  return findings
}
