import { type SpendCurve, spendCurve } from '../../routing/decision/budget-pacer.ts'
import { tradeOff } from '../../routing/decision/utility.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import type { CostEstimates } from '../../routing/prediction/cost-predictor.ts'
import type { Llm, LlmId } from '../../routing/registry/llm.ts'
import type { RoutingPolicy } from '../../routing/routing-policy.ts'

/** What a logged request would meet now: the pool with its prices, and what is expected of bills. */
export interface PresentCosts {
  /** Undefined: not in the pool, or paused. */
  readonly llm: (id: LlmId) => Llm | undefined
  readonly policy: Pick<RoutingPolicy, 'cost' | 'costReferenceUsd'> & {
    readonly embedder: Pick<RoutingPolicy['embedder'], 'id'>
  }
}

/** A logged decision as it would stand now if no budget were short; arrays of one length, at least 1. */
export interface RepricedDecision {
  readonly keyId: string | undefined
  readonly utilities: Float64Array
  readonly costsUsd: Float64Array
}

/**
 * Takes of a logged decision the LLMs that are still there, at what each is expected to cost now, and takes the dual and the old cost out of its utility. Newcomers are
 * not in it: what they are worth to that prompt was not logged.
 *
 * @returns undefined for a named LLM, and where nothing is left whose cost is known.
 */
export function repriced(decision: RoutingDecision, present: PresentCosts): RepricedDecision | undefined {
  if (decision.pinned) return undefined
  const left = decision.candidates.flatMap((terms) => {
    const llm = terms.costUsd === undefined ? undefined : present.llm(terms.llm)
    return llm === undefined ? [] : [{ llm, utility: terms.utility, loggedUsd: terms.costUsd! }]
  })
  const { policy } = present
  const estimates = newCostEstimates(left.length)
  if (decision.context.embedderId === policy.embedder.id) {
    const llms = left.map(({ llm }) => llm)
    policy.cost.predict(decision.context, decision, llms, estimates)
  } else {
    // Another embedder's prompts mean nothing to the predictor that serves.
    left.forEach(({ loggedUsd }, i) => {
      estimates.costUsd[i] = loggedUsd
    })
  }
  const logged = tradeOff(decision.preference.lambda, decision.budgetDual).cost / policy.costReferenceUsd
  const now = tradeOff(decision.preference.lambda).cost / policy.costReferenceUsd
  const utilities: number[] = []
  const costsUsd: number[] = []
  left.forEach(({ utility, loggedUsd }, i) => {
    const costUsd = estimates.costUsd[i]!
    if (Number.isNaN(costUsd)) return
    utilities.push(utility + logged * loggedUsd - now * costUsd)
    costsUsd.push(costUsd)
  })
  if (costsUsd.length === 0) return undefined
  return { keyId: decision.keyId, utilities: Float64Array.from(utilities), costsUsd: Float64Array.from(costsUsd) }
}

/**
 * What a request costs on average under each dual, by deciding the logged requests anew: of each the LLM with the highest utility when every price weighs ν more
 * (mathematics §18). Exploration, fallbacks and bills beyond their estimates are not in it: the pacer's correction learns what they come to.
 *
 * @param costReferenceUsd C_ref of the version that serves.
 * @returns undefined for no decisions.
 */
export function loggedSpendCurve(
  decisions: readonly RepricedDecision[],
  costReferenceUsd: number,
): SpendCurve | undefined {
  if (decisions.length === 0) return undefined
  return spendCurve((dual) => {
    let sum = 0
    for (const decision of decisions) sum += costUnder(decision, dual / costReferenceUsd)
    return sum / decisions.length
  })
}

function costUnder({ utilities, costsUsd }: RepricedDecision, dualPerUsd: number): number {
  let best = Number.NEGATIVE_INFINITY
  let cost = 0
  for (let i = 0; i < utilities.length; i++) {
    const costUsd = costsUsd[i]!
    const utility = utilities[i]! - dualPerUsd * costUsd
    if (utility > best || (utility === best && costUsd < cost)) {
      best = utility
      cost = costUsd
    }
  }
  return cost
}

function newCostEstimates(length: number): CostEstimates {
  const column = () => new Float64Array(length)
  return {
    ...{ costUsd: column(), offlineCostUsd: column(), costUsdP90: column() },
    ...{ outputTokens: column(), outputTokensP90: column() },
  }
}
