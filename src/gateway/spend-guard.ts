import type { SpendReservation } from '../accounts/daily-spend.ts'
import type { RoutingDecision } from '../routing/decision.ts'
import { RoutingError } from '../routing/errors.ts'
import type { RoutingRequest } from '../routing/request.ts'
import { dearCostNanoUsd } from './answer-cost.ts'
import type { Caller } from './authenticate.ts'
import { GatewayError } from './gateway-error.ts'
import type { GatewayServices } from './gateway-services.ts'

/**
 * Decides among the LLMs that what is left of the caps still pays for.
 *
 * @throws {GatewayError} `budget_exhausted` when it pays for none of those that could serve.
 * @throws {RoutingError} `no_admissible_llm`, `unknown_llm`
 */
export async function routeWithinBudget(
  services: GatewayServices,
  caller: Caller,
  request: RoutingRequest,
): Promise<RoutingDecision> {
  const { router, spend } = services.parts
  const { keyId } = caller
  const budgetUsd = spend.remainingUsd(caller)
  if (budgetUsd !== undefined && budgetUsd <= 0) throw budgetExhausted(services)
  try {
    return await router.route(request, { keyId, budgetUsd, dual: services.parts.pacing?.dualFor(caller) })
  } catch (error) {
    if (budgetUsd === undefined || !(error instanceof RoutingError) || error.code !== 'no_admissible_llm') throw error
    // Money was the reason if without a cap somebody could serve. Else the other reasons stand, and are told.
    const servable = await router.route(request, { keyId, budgetUsd: undefined }).catch(() => undefined)
    throw servable === undefined ? error : budgetExhausted(services)
  }
}

/**
 * Sets money aside for the drawn LLM's call; each further LLM that is called takes its own.
 *
 * @throws {GatewayError} `budget_exhausted`
 */
export function reserveSpend(services: GatewayServices, caller: Caller, decision: RoutingDecision): SpendReservation {
  return reserveNanoUsd(services, caller, dearCostNanoUsd(decision, decision.drawn), true)
}

/**
 * Sets money aside for one call; even where that may cost nothing, a cap that is used up refuses it.
 *
 * @throws {GatewayError} `budget_exhausted`
 */
export function reserveNanoUsd(
  services: GatewayServices,
  caller: Caller,
  nanoUsd: number,
  isRouted = false,
): SpendReservation {
  const { spend } = services.parts
  const left = spend.remainingUsd(caller)
  const reservation = left !== undefined && left <= 0 ? undefined : spend.reserve(caller, nanoUsd, isRouted)
  if (reservation === undefined) throw budgetExhausted(services)
  return reservation
}

function budgetExhausted(services: GatewayServices): GatewayError {
  return new GatewayError('budget_exhausted', 'The daily budget is used up; it starts anew at 00:00 UTC', {
    retryAfterMs: services.parts.spend.resetsInMs,
  })
}
