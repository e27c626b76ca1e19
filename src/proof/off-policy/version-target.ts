import { type CandidateBuffers, newCandidateBuffers } from '../../routing/decision/candidate-buffers.ts'
import { tradeOff } from '../../routing/decision/utility.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { RoutingPolicy } from '../../routing/routing-policy.ts'
import { type ChoiceRules, chooseAgain, fillUnknownCosts } from './decide-again.ts'
import type { TargetChoice, TargetPolicy } from './target-policy.ts'

export interface VersionTargetOptions {
  /** Of the version itself, with its own C_ref. */
  readonly rules: Omit<ChoiceRules, 'costReferenceUsd'>
  /** The LLMs of today, for their prices. */
  readonly pool: readonly Llm[]
  /** λ in place of each request's own. */
  readonly lambda?: number | undefined
  /** Labels of earlier decisions are in the fit itself, which must not be judged by what it has seen. Milliseconds since the epoch; default: all may judge. */
  readonly judgedSinceMs?: number | undefined
}

/**
 * Another fitted version: quality and cost are estimated anew from each decision's logged context, then chosen among its candidates
 * by the rules that served. Decisions under another embedder's vectors cannot judge it.
 *
 * @param policy as fitted; what it learned from labels of the log would be judged by those same labels.
 */
export function versionTarget(policy: RoutingPolicy, options: VersionTargetOptions): TargetPolicy {
  const byId = new Map(options.pool.map((llm) => [llm.id, llm]))
  const rules = { ...options.rules, costReferenceUsd: policy.costReferenceUsd }
  let buffers = newCandidateBuffers(16)
  return {
    name: `version ${policy.version}${options.lambda === undefined ? '' : ` at λ = ${options.lambda}`}`,
    judgedBy: ({ context, createdAtMs }) =>
      context.embedderId === policy.embedder.id && createdAtMs >= (options.judgedSinceMs ?? 0),
    targetProbabilities(decision) {
      const llms = decision.candidates.map(({ llm }) => byId.get(llm) ?? stranger(llm))
      if (llms.length > buffers.utility.length) buffers = newCandidateBuffers(2 * llms.length)
      return estimateAndChoose(policy, decision, llms, buffers, rules, options.lambda)
    },
  }
}

function estimateAndChoose(
  policy: RoutingPolicy,
  decision: RoutingDecision,
  llms: readonly Llm[],
  buffers: CandidateBuffers,
  rules: ChoiceRules,
  lambda: number | undefined,
): TargetChoice {
  const count = llms.length
  const weights = tradeOff(lambda ?? decision.preference.lambda, decision.budgetDual)
  policy.estimateQuality(decision.context, llms, buffers, weights)
  policy.cost.predict(decision.context, decision, llms, buffers)
  for (let i = 0; i < count; i++) {
    buffers.comparableCostUsd[i] = policy.comparedCostUsd(llms[i]!, decision.choices, buffers, i, weights)
    // Of an LLM that has left the pool the price is not known any more, but what it was expected to cost is.
    if (Number.isNaN(buffers.comparableCostUsd[i]!)) {
      buffers.comparableCostUsd[i] = decision.candidates[i]!.costUsd ?? Number.NaN
    }
    buffers.penalty[i] = decision.candidates[i]!.latencyPenalty
  }
  fillUnknownCosts(buffers.comparableCostUsd.subarray(0, count), rules.costReferenceUsd)
  const isFitted = policy.fitted?.isStarter === false && !policy.servesHull(weights)
  const chosen = chooseAgain(buffers, count, weights, isFitted, rules)
  return { probability: chosen.slice(0, count), unsupported: 0 }
}

function stranger(id: string): Llm {
  return { ...unknownLlmProperties, id, provider: '', upstreamModel: id }
}
