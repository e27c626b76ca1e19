import type { RoutingDecision } from '../../routing/decision.ts'
import type { LoggedDecision, LoggedLabel } from '../../routing/decision-store.ts'
import type { Settlement } from '../../routing/outcome.ts'
import type { LoggedChoice } from './off-policy-log.ts'

/**
 * One logged decision as a row; undefined where it says nothing: the caller named the LLM, or it has not ended.
 *
 * The action is the LLM drawn, whoever answered: what a fallback answered, and what all calls cost together, is what drawing that LLM led to (intention
 * to treat). No answer at all has quality 0. An answer that the caller broke off has the quality that somebody gave it, or none.
 */
export function loggedChoice({ decision, settlement, labels }: LoggedDecision): LoggedChoice | undefined {
  if (decision.pinned || settlement === undefined) return undefined
  const drawn = decision.candidates.findIndex(({ llm }) => llm === decision.drawn)
  if (drawn === -1 || !(decision.propensity > 0)) return undefined
  return {
    cluster: decision.conversationId ?? decision.id,
    llms: decision.candidates.map(({ llm }) => llm),
    logging: loggingProbabilities(decision),
    qualityEstimate: decision.candidates.map(({ quality }) => quality),
    costEstimate: decision.candidates.map(({ costUsd }) => costUsd ?? Number.NaN),
    drawn,
    propensity: decision.propensity,
    quality: qualityOf(settlement, labels),
    costUsd: settlement.costNanoUsd === undefined ? Number.NaN : settlement.costNanoUsd / 1e9,
  }
}

/** With which probability each candidate was to be drawn, by both arms of a canary together; in the order of the candidates. */
export function loggingProbabilities({ candidates, experiment }: RoutingDecision): Float64Array {
  const own = Float64Array.from(candidates, ({ probability }) => probability)
  if (experiment === undefined || experiment.phase === 'shadow') return own
  const ownShare = experiment.arm === 'serving' ? 1 - experiment.share : experiment.share
  return own.map((probability, i) => ownShare * probability + (1 - ownShare) * (experiment.otherProbabilities[i] ?? 0))
}

/** The weighted mean of what was said of the answer given; NaN where nobody said anything that counts. */
function qualityOf(settlement: Settlement, labels: readonly LoggedLabel[]): number {
  if (settlement.status === 'failed') return 0
  let sum = 0
  let weights = 0
  for (const { llm, value, weight } of labels) {
    // Of another LLM: what would have been, and not what this draw led to.
    if (llm !== settlement.answered) continue
    sum += weight * value
    weights += weight
  }
  return weights > 0 ? sum / weights : Number.NaN
}
