import { type TradeOff, tradeOff, utility } from '../../routing/decision/utility.ts'
import type { OnlineGoal } from './online-policy.ts'

/**
 * What an answer is worth under a goal: λ/(1+λ)·q − 1/(1+λ)·c/C_ref, or under a budget, which has a price only through
 * what it allows, q alone.
 */
export function realisedUtility(quality: number, costUsd: number, goal: OnlineGoal): number {
  if (goal.lambda === undefined) return quality
  const { lambda, costReferenceUsd } = goal
  const options = { explorationWidth: 0, latencyPenaltyWeight: 0, costReferenceUsd }
  return utility(quality, 0, costUsd, 0, tradeOff(lambda), options)
}

/** Weights of quality and of cost/C_ref in an expected utility: those of λ, or 1 and the budget's dual ν. */
export function goalWeights(goal: OnlineGoal, dual: number): TradeOff {
  if (goal.lambda === undefined) return { quality: 1, cost: dual }
  const { quality, cost } = tradeOff(goal.lambda)
  return { quality, cost: cost + dual }
}

/** One key per goal, for what is worked out once per goal. */
export function goalKey({ lambda, budgetUsd, costReferenceUsd, expectedRequests }: OnlineGoal): string {
  return [lambda, budgetUsd, costReferenceUsd, expectedRequests].join('|')
}
