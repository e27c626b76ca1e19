import { type CandidateBuffers, newCandidateBuffers } from '../../routing/decision/candidate-buffers.ts'
import { candidateUtilities, type QualityRuleOptions } from '../../routing/decision/candidate-utilities.ts'
import { choiceProbabilities, type ExplorationOptions } from '../../routing/decision/choice.ts'
import { tradeOff } from '../../routing/decision/utility.ts'
import type { CandidateTerms, RoutingDecision } from '../../routing/decision.ts'

/** The rules that served, but for what a target changes. */
export interface ChoiceRules extends QualityRuleOptions {
  readonly exploration: ExplorationOptions
  /** α */
  readonly explorationWidth: number
  /** α of an LLM known by its probes alone. */
  readonly newcomerWidth: number
  /** β */
  readonly latencyPenaltyWeight: number
  /** C_ref, USD. */
  readonly costReferenceUsd: number
}

/** What is to be different. */
export interface ChoiceChange {
  /** λ in place of the request's own. */
  readonly lambda?: number | undefined
  /** By candidate: false takes it out. */
  readonly keeps?: ((terms: CandidateTerms) => boolean) | undefined
  /** ĉ in place of the logged one, USD; undefined: not known. */
  readonly costUsd?: ((terms: CandidateTerms) => number | undefined) | undefined
}

/**
 * Decides a logged request anew from the estimates of its day: the very rules of the router, among the candidates of that request. What depends on
 * more than the request is left out: nobody is on trial, and where means stood in for estimates (`rule: hull`) they still do.
 *
 * @returns probabilities in the order of the candidates, summing to 1; undefined when none is left.
 */
export function decideAgain(
  decision: RoutingDecision,
  rules: ChoiceRules,
  change: ChoiceChange = {},
): Float64Array | undefined {
  const { candidates, preference, budgetDual } = decision
  const kept: number[] = []
  candidates.forEach((terms, i) => {
    if (change.keeps?.(terms) ?? true) kept.push(i)
  })
  if (kept.length === 0) return undefined
  const buffers = newCandidateBuffers(kept.length)
  kept.forEach((candidate, i) => {
    const terms = candidates[candidate]!
    buffers.source[i] = terms.qualitySource
    buffers.mean[i] = terms.quality
    buffers.uncertainty[i] = terms.uncertainty
    const costUsd = change.costUsd === undefined ? terms.costUsd : change.costUsd(terms)
    buffers.comparableCostUsd[i] = costUsd ?? Number.NaN
    buffers.penalty[i] = terms.latencyPenalty
  })
  fillUnknownCosts(buffers.comparableCostUsd, rules.costReferenceUsd)
  const isMeasured = candidates.some(({ qualitySource: source }) => source === 'fitted' || source === 'described')
  const weights = tradeOff(change.lambda ?? preference.lambda, budgetDual)
  const chosen = chooseAgain(buffers, kept.length, weights, isMeasured && decision.rule !== 'hull', rules)
  const probabilities = new Float64Array(candidates.length)
  kept.forEach((candidate, i) => {
    probabilities[candidate] = chosen[i]!
  })
  return probabilities
}

/** As the router compares: an unknown price as the dearest known one of the request, C_ref at least. */
export function fillUnknownCosts(costsUsd: Float64Array, costReferenceUsd: number): void {
  let dearest = costReferenceUsd
  for (const costUsd of costsUsd) if (costUsd > dearest) dearest = costUsd
  for (let i = 0; i < costsUsd.length; i++) if (Number.isNaN(costsUsd[i]!)) costsUsd[i] = dearest
}

/**
 * Utilities, then probabilities, of buffers whose estimates and their sources are filled in. Nobody is on trial, and who has had its trials is judged without
 * the hope that came of them: how many labels it had is not in the log. That of an LLM known by its probes does not hang on labels (mathematics §21).
 */
export function chooseAgain(
  buffers: CandidateBuffers,
  count: number,
  weights: ReturnType<typeof tradeOff>,
  isFitted: boolean,
  rules: ChoiceRules,
): Float64Array {
  const describedWidth = rules.exploration.trialShare > 0 ? rules.newcomerWidth : rules.explorationWidth
  for (let i = 0; i < count; i++) {
    buffers.optimism[i] = buffers.source[i] === 'described' ? describedWidth : rules.explorationWidth
  }
  buffers.isTried.fill(0)
  candidateUtilities(buffers, count, weights, isFitted, rules)
  choiceProbabilities(buffers, count, rules.exploration, buffers.probability)
  return buffers.probability
}
