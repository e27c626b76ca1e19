import type { CandidateTerms } from '../decision.ts'
import type { CostEstimates } from '../prediction/cost-predictor.ts'
import type { Llm } from '../registry/llm.ts'
import { newQualityEstimates, type QualityEstimates } from '../routing-policy.ts'

/** Buffers for everything that is worked out of up to `capacity` candidates, in candidate order; reused by each decision. */
export interface CandidateBuffers extends QualityEstimates, CostEstimates {
  /** Costs with unknown ones replaced, for comparing. */
  readonly comparableCostUsd: Float64Array
  readonly completionMs: Float64Array
  readonly penalty: Float64Array
  readonly utility: Float64Array
  /** Standard deviation of the utility by what is not known of quality. */
  readonly deviation: Float64Array
  /** α of each candidate: how much of its uncertainty is hoped for. */
  readonly optimism: Float64Array
  /** By how much the utility would rise if its quality were 1. */
  readonly reach: Float64Array
  /** 1 where a newcomer is still to be tried, else 0. */
  readonly isTried: Uint8Array
  readonly probability: Float64Array
}

export function newCandidateBuffers(capacity: number): CandidateBuffers {
  return {
    ...newQualityEstimates(capacity),
    offlineCostUsd: new Float64Array(capacity),
    costUsd: new Float64Array(capacity),
    costUsdP90: new Float64Array(capacity),
    comparableCostUsd: new Float64Array(capacity),
    outputTokens: new Float64Array(capacity),
    outputTokensP90: new Float64Array(capacity),
    completionMs: new Float64Array(capacity),
    penalty: new Float64Array(capacity),
    utility: new Float64Array(capacity),
    deviation: new Float64Array(capacity),
    optimism: new Float64Array(capacity),
    reach: new Float64Array(capacity),
    isTried: new Uint8Array(capacity),
    probability: new Float64Array(capacity),
  }
}

/** What a decision records of its candidate at index `i`. */
export function termsOf(llm: Llm, buffers: CandidateBuffers, i: number): CandidateTerms {
  return {
    llm: llm.id,
    qualitySource: buffers.source[i]!,
    offlineQuality: buffers.offline[i]!,
    quality: buffers.mean[i]!,
    uncertainty: buffers.uncertainty[i]!,
    outputTokens: buffers.outputTokens[i]!,
    offlineCostUsd: known(buffers.offlineCostUsd[i]!),
    costUsd: known(buffers.costUsd[i]!),
    costP90Usd: known(buffers.costUsdP90[i]!),
    completionMs: buffers.completionMs[i]!,
    latencyPenalty: buffers.penalty[i]!,
    utility: buffers.utility[i]!,
    probability: buffers.probability[i]!,
  }
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
