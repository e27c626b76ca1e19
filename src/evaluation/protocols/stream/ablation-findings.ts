import type { JudgedClaim } from './judged-claim.ts'
import { averageOf, describeFigure, differenceOf } from './measured.ts'
import { curveLambdas, lambdas } from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import { bandBorder, costBands, meanQuality, meanUtility } from './sweep-means.ts'
import { bandLift } from './sweep-quality.ts'

const source = 'MixLLM'

/**
 * MixLLM on the fine curve: with the tag-enhanced projection as the paper has it, kept whatever it does; as it is served
 * here, early-stopped; and without. Empty where not run.
 */
export function tagSweeps(summary: StreamSummary): {
  readonly forced: RunSummary[]
  readonly stopped: RunSummary[]
  readonly plain: RunSummary[]
} {
  const setting = { offlineShare: 0.8, feedback: 'none', timeLimit: null }
  const rows = (extra: Readonly<Record<string, string | null>>) =>
    summary.sweep('mixllm', { ...setting, ...extra }, curveLambdas)
  return {
    forced: rows({ ablation: null, projection: 'forced' }),
    stopped: rows({ ablation: null }),
    plain: rows({ ablation: 'tags' }),
  }
}

/** Table 2 of the paper: what tags add where little and where much may be spent. */
export function tagFindings(summary: StreamSummary): JudgedClaim[] {
  const { forced, stopped, plain } = tagSweeps(summary)
  const bands = costBands(summary)
  if (forced.length === 0 || stopped.length === 0 || plain.length === 0 || bands === undefined) return []
  return (['low', 'high'] as const).map((name) => {
    const lift = bandLift(forced, plain, bands[name])
    const early = bandLift(stopped, plain, bands[name])
    const stated = name === 'low' ? '+5.72 %' : '+0.79 %'
    return {
      id: `mixllm-tags-${name}-cost`,
      source,
      claim: `The tag-enhanced embedding raises quality in the ${name}-cost band (the paper: ${stated}).`,
      figure: lift,
      evidence: `${describeFigure(lift, 'share')} with against without, in mean quality along the sweep ${name === 'low' ? 'up to' : 'from'} ${100 * bandBorder} % of the dearest LLM’s cost. With early stopping, which may do without the projection: ${describeFigure(early, 'share')}.`,
    }
  })
}

/** What the uncertainty term and the waiting penalty add. */
export function ablationFindings(summary: StreamSummary): JudgedClaim[] {
  const findings: JudgedClaim[] = []
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
      source,
      claim: 'The uncertainty term (α = .01) makes what is learned online better.',
      figure: gain,
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
      source,
      claim: 'The waiting penalty keeps quality up under load (late answers count 0).',
      figure: gain,
      evidence: `Quality with it less without it, mean over λ, τ = 30 s: ${describeFigure(gain, 'quality')}; answers in time ${describeFigure(onTime, 'share')}.`,
    })
  }
  return findings
}

/** Whether it is the labels that teach. */
export function controlFinding(summary: StreamSummary): JudgedClaim[] {
  const setting = { offlineShare: 0.8, feedback: 'refined', timeLimit: null }
  const taught = summary.sweep('mixllm', setting, lambdas)
  const shuffled = summary.sweep('mixllm', { ...setting, control: 'shuffled-feedback' }, lambdas)
  const untaught = summary.sweep('mixllm', { ...setting, feedback: 'none' }, lambdas)
  if (taught.length === 0 || shuffled.length === 0 || untaught.length === 0) return []
  const utilityOf = (rows: readonly RunSummary[]) => meanUtility(summary, rows)
  const gain = differenceOf(utilityOf(taught), utilityOf(shuffled))
  const control = differenceOf(utilityOf(shuffled), utilityOf(untaught))
  return [
    {
      id: 'control-shuffled-feedback',
      source: 'control',
      claim: 'Feedback teaches MixLLM more than the same labels dealt out to other prompts.',
      figure: gain,
      evidence: `Utility with feedback less utility with shuffled feedback, mean over λ, 80:20: ${describeFigure(gain, 'quality')}; shuffled feedback less none, which should be no gain: ${describeFigure(control, 'quality')}.`,
    },
  ]
}
