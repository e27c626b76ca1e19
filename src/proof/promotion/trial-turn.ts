import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'
import type { LoggedDecision } from '../../routing/decision-store.ts'
import type { Settlement } from '../../routing/outcome.ts'
import type { TrialTurn, TurnOutcome } from './trial-unit.ts'

/**
 * A logged decision of a trial as a turn.
 *
 * The action is the LLM drawn, whoever answered: what a fallback answered, and what all calls cost together, is what drawing that LLM led to.
 *
 * @param prior see {@link TrialTurn.prior}.
 * @param labelShare how much a failure counts, which nobody has to label: as answers are labelled, so that both are known as often.
 */
export function trialTurn(
  { decision, settlement, labels }: LoggedDecision,
  prior: Float64Array,
  labelShare: number,
): TrialTurn {
  const { candidates } = decision
  const drawn = candidates.findIndex(({ llm }) => llm === decision.drawn)
  return {
    llms: candidates.map(({ llm }) => llm),
    ...probabilitiesOf(decision),
    drawn,
    prior,
    outcome: outcomeOf({ decision, settlement, labels }, drawn, labelShare),
  }
}

/** Of both versions, over the candidates of a decision that is part of an experiment. */
export function probabilitiesOf({ candidates, experiment }: RoutingDecision): {
  readonly serving: Float64Array
  readonly candidate: Float64Array
} {
  const own = Float64Array.from(candidates, ({ probability }) => probability)
  const other = experiment?.otherProbabilities ?? own
  return experiment?.arm === 'candidate' ? { serving: other, candidate: own } : { serving: own, candidate: other }
}

/** Undefined: nobody said anything that counts. */
function outcomeOf(
  { decision, settlement, labels }: LoggedDecision,
  drawn: number,
  labelShare: number,
): TurnOutcome | undefined {
  if (settlement === undefined) return undefined
  const { answered, status } = settlement
  const cost = costOf(settlement, decision.candidates[drawn]!)
  let sum = 0
  let weights = 0
  for (const { llm, value, weight } of labels) {
    // Of another LLM: what would have been, and not what this draw led to.
    if (llm !== answered) continue
    sum += weight * value
    weights += weight
  }
  if (weights > 0) return { quality: sum / weights, ...cost, weight: 1 }
  return status === 'failed' ? { quality: 0, ...cost, weight: labelShare } : undefined
}

/** Booked without a bill is what the version that served may have expected, see `answer-cost.ts`. */
function costOf(
  { costNanoUsd, billedNanoUsd }: Settlement,
  { costUsd: expectedUsd }: CandidateTerms,
): Pick<TurnOutcome, 'costUsd' | 'expectedUsd'> {
  if (costNanoUsd !== undefined && billedNanoUsd !== undefined) return { costUsd: costNanoUsd / 1e9 }
  return expectedUsd === undefined ? { costUsd: 0 } : { costUsd: undefined, expectedUsd }
}
