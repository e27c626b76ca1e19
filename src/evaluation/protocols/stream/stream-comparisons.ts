import type { Comparison } from '../../evaluation-result.ts'
import { holm } from '../../metrics/interval.ts'
import type { PolicyName } from '../../policy-names.ts'
import { differenceOf, type Measured, promptInterval, pValue } from './measured.ts'
import { lambdas, offlineShares, type StreamFeedback, timeLimitsSeconds } from './stream-setting.ts'
import type { RunSummary, StreamSummary } from './summarise-runs.ts'
import { meanUtility } from './sweep-means.ts'

const opponents: readonly PolicyName[] = ['pointsman', 'mixllm', 'zero-router', 'task-oracle']

/** Each router against the other and against the references that know λ, in utility averaged over λ; Holm over the opponents. */
export function streamComparisons(summary: StreamSummary): Comparison[] {
  const comparisons: Comparison[] = []
  for (const policy of ['pointsman', 'mixllm'] as const) {
    for (const timeLimit of timeLimitsSeconds) {
      for (const offlineShare of offlineShares) {
        for (const feedback of ['none', 'refined', 'binary'] as const) {
          comparisons.push(...against(summary, policy, { offlineShare, feedback, timeLimit }))
        }
      }
    }
  }
  return comparisons
}

interface ComparedSetting {
  readonly offlineShare: number
  readonly feedback: StreamFeedback
  readonly timeLimit: number | null
  readonly [key: string]: number | string | null
}

function against(summary: StreamSummary, policy: PolicyName, setting: ComparedSetting): Comparison[] {
  const own = summary.sweep(policy, setting, lambdas)
  if (own.length === 0) return []
  const pairs = opponents.flatMap((opponent): { readonly opponent: PolicyName; readonly difference: Measured }[] => {
    const rows = opponent === policy ? [] : rowsOf(summary, opponent, setting)
    if (rows.length === 0) return []
    return [{ opponent, difference: differenceOf(meanUtility(summary, own), meanUtility(summary, rows)) }]
  })
  const pValues = pairs.map(({ difference }) => pValue(difference))
  const corrected = holm(pValues)
  return pairs.map(({ opponent, difference }, i) => ({
    policy,
    against: opponent,
    setting,
    metric: 'utility',
    difference: promptInterval(difference),
    p: pValues[i]!,
    pHolm: corrected[i]!,
  }))
}

function rowsOf(summary: StreamSummary, policy: PolicyName, setting: ComparedSetting): RunSummary[] {
  const isRouter = policy === 'pointsman' || policy === 'mixllm'
  return summary.sweep(policy, isRouter ? setting : { timeLimit: setting.timeLimit }, lambdas)
}
