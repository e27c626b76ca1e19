import type { JudgedClaim } from './judged-claim.ts'
import { combine, describeFigure, differenceOf, liftOf } from './measured.ts'
import { curveLambdas, lambdas } from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import { costBands, meanQuality, meanUtility } from './sweep-means.ts'
import { bandLift, qualityFor } from './sweep-quality.ts'

const source = 'MixLLM'

/** Share of the best LLM's cost at which the paper reports top-3. */
const topCost = 0.2

/** Before and after an LLM joined; each seed's offline part says which, and the notes name it. Empty where not run. */
export function poolSweeps(summary: StreamSummary): { readonly before: RunSummary[]; readonly after: RunSummary[] } {
  const rows = (pool: string) =>
    summary.sweep('mixllm', { offlineShare: 0.8, feedback: 'none', timeLimit: null, pool }, curveLambdas)
  return { before: rows('before'), after: rows('after') }
}

/** Section 4.6 of the paper. */
export function poolFindings(summary: StreamSummary): JudgedClaim[] {
  const { before, after } = poolSweeps(summary)
  const bands = costBands(summary)
  if (before.length === 0 || after.length === 0 || bands === undefined) return []
  const gain = bandLift(after, before, { fromUsd: bands.low.fromUsd, toUsd: bands.high.toUsd })
  return [
    {
      id: 'mixllm-adding-llm',
      source,
      claim: 'An LLM added by its own regressors alone improves the frontier.',
      figure: gain,
      evidence: `${describeFigure(gain, 'share')} in mean quality along the sweep; the notes name the LLM that joins in each seed.`,
    },
  ]
}

/** Its section 4.8. */
export function topFinding(summary: StreamSummary): JudgedClaim[] {
  const best = summary.find('best-single', { timeLimit: null })
  const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null, topK: 3 }
  const rows = summary.sweep('mixllm', setting, curveLambdas)
  if (best === undefined || rows.length === 0) return []
  const gain = differenceOf(qualityFor(rows, topCost * best.costUsd.mean), best.quality)
  return [
    {
      id: 'mixllm-top-3',
      source,
      claim:
        'Asking the three best LLMs and keeping the best answer passes the best single LLM at a fifth of its cost.',
      figure: gain,
      evidence: `${describeFigure(gain, 'quality')} in quality at 20 % of the best single LLM’s cost, linear between neighbouring λ. Keeping the best answer takes a judge that never errs.`,
    },
  ]
}

/** Its Table 3. */
export function leftOutFindings(summary: StreamSummary): JudgedClaim[] {
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
      source,
      claim: 'Quality drops on domains that the offline part did not have (the paper: 5.44 %).',
      figure: drop,
      evidence: `Relative drop, mean over λ: ${describeFigure(drop, 'share')}; in utility ${describeFigure(utilityDrop, 'quality')}. One rotation of domains per seed.`,
    },
    {
      id: 'mixllm-left-out-online',
      source,
      claim: 'Online training makes that drop smaller (the paper: by or to 3.35 %, its readers differ).',
      figure: shrinkage,
      evidence: `The drop shrinks by ${describeFigure(shrinkage, 'share')}; utility rises by ${describeFigure(utilityGain, 'quality')}.`,
    },
  ]
}
