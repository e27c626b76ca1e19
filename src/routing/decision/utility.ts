import { RoutingError } from '../errors.ts'

export interface UtilityOptions {
  /** α, weight of the uncertainty u (quality units). */
  readonly explorationWidth: number
  /** β, weight of the latency penalty. */
  readonly latencyPenaltyWeight: number
  /** C_ref > 0, USD: the cost that weighs as much as one unit of quality at λ = 1. Frozen with the policy version. */
  readonly costReferenceUsd: number
}

/** γ = ln 10/0.1: the penalty grows tenfold for each tenth of the time limit (MixLLM Eq. 10; constants ours). */
const penaltySteepness = Math.log(10) / 0.1
/** ξ: at this share of the time limit the penalty is 1. */
const penaltyOnset = 0.9
/** Beyond this the penalty is a veto anyway; the cap keeps the sum finite. */
const penaltyCap = 1e4

/**
 * exp(γ·(W/τ − ξ)), capped: MixLLM's waiting penalty (arXiv:2502.18482, Eq. 10) on the completion time W instead of the
 * queue alone, as mathematics §4 has it.
 *
 * @param completionMs W ≥ 0
 * @param timeLimitMs τ > 0
 */
export function latencyPenalty(completionMs: number, timeLimitMs: number): number {
  return Math.min(penaltyCap, Math.exp(penaltySteepness * (completionMs / timeLimitMs - penaltyOnset)))
}

/** What a unit of quality and C_ref of cost weigh in a utility; both ≥ 0. */
export interface TradeOff {
  readonly quality: number
  readonly cost: number
}

/**
 * λ/(1+λ) and 1/(1+λ) + ν.
 *
 * @param lambda willingness to pay, ≥ 0, finite.
 * @param dual ν, what a budget that runs short puts on the price, ≥ 0, utility per C_ref.
 */
export function tradeOff(lambda: number, dual = 0): TradeOff {
  const quality = lambda / (1 + lambda)
  return { quality, cost: 1 - quality + dual }
}

/**
 * s = w_q·(q̂ + α·u) − w_c·ĉ/C_ref − β·pen, with w_q = λ/(1+λ) and w_c = 1/(1+λ) where λ says what quality is worth
 * (mathematics §5), with ν more of w_c where a budget runs short, and w_c = w_q·ν where a budget alone says it (§18). The price of switching joins with sticky conversations.
 *
 * MixLLM's Eq. 7–8 add α·u outside the trade-off; inside, it keeps quality units, so that λ → 0 always means cheapest.
 */
export function utility(
  quality: number,
  uncertainty: number,
  costUsd: number,
  penalty: number,
  weights: TradeOff,
  options: UtilityOptions,
): number {
  return (
    weights.quality * (quality + options.explorationWidth * uncertainty) -
    weights.cost * (costUsd / options.costReferenceUsd) -
    options.latencyPenaltyWeight * penalty
  )
}

/** @throws {RoutingError} `invalid_option` */
export function checkUtilityOptions(options: UtilityOptions): void {
  const { explorationWidth, latencyPenaltyWeight, costReferenceUsd } = options
  if (!(explorationWidth >= 0 && Number.isFinite(explorationWidth))) {
    throw new RoutingError('invalid_option', `explorationWidth must be a number ≥ 0, got ${explorationWidth}`)
  }
  if (!(latencyPenaltyWeight >= 0 && Number.isFinite(latencyPenaltyWeight))) {
    throw new RoutingError('invalid_option', `latencyPenaltyWeight must be a number ≥ 0, got ${latencyPenaltyWeight}`)
  }
  if (!(costReferenceUsd > 0 && Number.isFinite(costReferenceUsd))) {
    throw new RoutingError('invalid_option', `costReferenceUsd must be a number > 0, got ${costReferenceUsd}`)
  }
}
