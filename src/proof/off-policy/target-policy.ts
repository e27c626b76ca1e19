import type { RoutingDecision } from '../../routing/decision.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import { expectedCostUsd, type TokenPrice } from '../../routing/registry/token-price.ts'
import { type ChoiceRules, decideAgain } from './decide-again.ts'
import { loggingProbabilities } from './logged-choice.ts'

/** What a target would have done with one logged request. */
export interface TargetChoice {
  /** In the order of the decision's candidates. */
  readonly probability: Float64Array
  /** Probability of LLMs that could not have been drawn. */
  readonly unsupported: number
  /** In the order of the candidates: what an answer would have cost over what it did; undefined: the same. */
  readonly costFactor?: Float64Array | undefined
}

/** Another way to choose, to be judged by what was logged. */
export interface TargetPolicy {
  /** For people: `λ = 5`, `always gpt-x`. */
  readonly name: string
  /** Pure. */
  targetProbabilities(decision: RoutingDecision): TargetChoice
  /** Which decisions may judge it; undefined: all. */
  readonly judgedBy?: ((decision: RoutingDecision) => boolean) | undefined
}

/** The same rules with another willingness to pay, and with another exploration where `rules` say so. */
export function lambdaTarget(lambda: number, rules: ChoiceRules): TargetPolicy {
  return {
    name: `λ = ${lambda}`,
    targetProbabilities: (decision) => chosen(decideAgain(decision, rules, { lambda }), decision),
  }
}

/** The same rules with other exploration, each request at its own λ. */
export function explorationTarget(name: string, rules: ChoiceRules): TargetPolicy {
  return { name, targetProbabilities: (decision) => chosen(decideAgain(decision, rules), decision) }
}

/**
 * One LLM for everything. Where it could not have served (`excluded` says why) whoever served does, as no policy could have it otherwise; where
 * it was not in the pool the log has nothing to say.
 */
export function fixedTarget(llm: LlmId): TargetPolicy {
  return {
    name: `always ${llm}`,
    targetProbabilities(decision) {
      const probability = new Float64Array(decision.candidates.length)
      const at = decision.candidates.findIndex((candidate) => candidate.llm === llm)
      if (at >= 0) probability[at] = 1
      else if (decision.excluded.some((exclusion) => exclusion.llm === llm)) return servedChoice(decision)
      return { probability, unsupported: at >= 0 ? 0 : 1 }
    },
  }
}

/** The pool without one LLM: the others are chosen among by the same rules. */
export function withoutTarget(llm: LlmId, rules: ChoiceRules): TargetPolicy {
  return {
    name: `without ${llm}`,
    targetProbabilities(decision) {
      if (!decision.candidates.some((candidate) => candidate.llm === llm)) return servedChoice(decision)
      return chosen(decideAgain(decision, rules, { keeps: (terms) => terms.llm !== llm }), decision)
    },
  }
}

/**
 * The same pool with one LLM at another price: predicted costs change for the choice, bills for the outcome, both by the ratio of what the two
 * prices make of the request's size and the expected length of the answer.
 *
 * @param now the price that the log was made at.
 */
export function priceTarget(llm: LlmId, now: TokenPrice, price: TokenPrice, rules: ChoiceRules): TargetPolicy {
  return {
    name: `${llm} at $${price.inputPerMillionTokensUsd} in, $${price.outputPerMillionTokensUsd} out`,
    targetProbabilities(decision) {
      const factorOf = (terms: RoutingDecision['candidates'][number]) => {
        if (terms.llm !== llm) return 1
        const before = expectedCostUsd(now, decision.inputTokens, terms.outputTokens)
        return before > 0 ? expectedCostUsd(price, decision.inputTokens, terms.outputTokens) / before : 1
      }
      const costUsd = (terms: RoutingDecision['candidates'][number]) =>
        terms.costUsd === undefined ? undefined : terms.costUsd * factorOf(terms)
      const costFactor = Float64Array.from(decision.candidates, factorOf)
      return { ...chosen(decideAgain(decision, rules, { costUsd }), decision), costFactor }
    },
  }
}

/** @param probability undefined: nobody could have served. */
function chosen(probability: Float64Array | undefined, decision: RoutingDecision): TargetChoice {
  if (probability !== undefined) return { probability, unsupported: 0 }
  return { probability: new Float64Array(decision.candidates.length), unsupported: 1 }
}

function servedChoice(decision: RoutingDecision): TargetChoice {
  return { probability: loggingProbabilities(decision), unsupported: 0 }
}
