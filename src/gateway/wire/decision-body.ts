import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import type { CandidateTerms, DecisionExperiment, RoutingDecision } from '../../routing/decision.ts'
import type { StoredDecision } from '../../routing/decision-store.ts'
import type { Settlement } from '../../routing/outcome.ts'
import { toResponseId } from './response-id.ts'

/** A decision as `/v1/route` and `/v1/decisions/<id>` tell it. The context vector stays inside; null is not known. */
export type DecisionBody = ReturnType<typeof toDecisionBody>

/** The same with how it ended: `settlement` is null while the answer is under way. */
export type StoredDecisionBody = ReturnType<typeof toStoredDecisionBody>

export function toDecisionBody(decision: RoutingDecision) {
  return {
    object: 'routing.decision' as const,
    id: decision.id,
    created: Math.floor(decision.createdAtMs / 1_000),
    llm: decision.drawn,
    propensity: decision.propensity,
    budget_dual: decision.budgetDual,
    experiment: toExperimentBody(decision.experiment),
    pinned: decision.pinned,
    cold: decision.cold,
    rule: decision.rule,
    policy_version: decision.policyVersion,
    label_sequence: decision.labelSequence,
    embedder_id: decision.context.embedderId,
    conversation_id: decision.conversationId ?? null,
    input_tokens: decision.inputTokens,
    max_output_tokens: decision.maxOutputTokens ?? null,
    choices: decision.choices,
    preference: toPreferenceBody(decision.preference),
    candidates: decision.candidates.map(toCandidateBody),
    excluded: decision.excluded.map(({ llm, reason, detail }) => ({ llm, reason, detail: detail ?? null })),
  }
}

export function toStoredDecisionBody({ decision, settlement }: StoredDecision) {
  return {
    ...toDecisionBody(decision),
    response_id: toResponseId(decision.id),
    settlement: settlement === undefined ? null : toSettlementBody(settlement),
  }
}

function toExperimentBody(experiment: DecisionExperiment | undefined) {
  if (experiment === undefined) return null
  const { candidateVersion, phase, arm, share } = experiment
  return { candidate_version: candidateVersion, phase, arm, share }
}

function toPreferenceBody(preference: RoutingPreference) {
  return {
    lambda: preference.lambda,
    max_cost_usd: preference.maxCostUsd ?? null,
    max_latency_ms: preference.maxLatencyMs ?? null,
    min_quality: preference.minQuality ?? null,
    allow: preference.allow,
    deny: preference.deny,
  }
}

function toCandidateBody(terms: CandidateTerms) {
  return {
    llm: terms.llm,
    probability: terms.probability,
    utility: terms.utility,
    quality: terms.quality,
    offline_quality: terms.offlineQuality,
    quality_source: terms.qualitySource,
    uncertainty: terms.uncertainty,
    offline_cost_usd: terms.offlineCostUsd ?? null,
    cost_usd: terms.costUsd ?? null,
    cost_p90_usd: terms.costP90Usd ?? null,
    output_tokens: terms.outputTokens,
    completion_ms: terms.completionMs,
    latency_penalty: terms.latencyPenalty,
  }
}

function toSettlementBody(settlement: Settlement) {
  const { usage } = settlement
  return {
    status: settlement.status,
    settled: Math.floor(settlement.settledAtMs / 1_000),
    llm: settlement.answered ?? null,
    reported_model: settlement.reportedModel ?? null,
    cost_usd: settlement.billedNanoUsd === undefined ? null : settlement.billedNanoUsd / 1e9,
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    cached_input_tokens: usage?.cachedInputTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    streamed: settlement.streamed,
    time_to_first_token_ms: settlement.timeToFirstTokenMs ?? null,
    completion_ms: settlement.completionMs,
    overhead_ms: settlement.overheadMs,
    attempts: settlement.attempts.map(({ llm, error, ms }) => ({ llm, error: error ?? null, ms })),
  }
}
