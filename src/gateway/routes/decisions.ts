import type { Caller } from '../authenticate.ts'
import { GatewayError } from '../gateway-error.ts'
import { toStoredDecisionBody } from '../wire/decision-body.ts'
import { toDecisionId } from '../wire/response-id.ts'
import type { Route } from './route-handler.ts'

/** `GET /v1/decisions/<decision or response id>`: why this LLM, and how it ended. */
export const decisionsRoute: Route = {
  name: 'decisions',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  async handle(services, { exchange, caller, rest }) {
    const stored = await services.storeHealth.inTime(services.parts.decisions.get(toDecisionId(rest)))
    if (stored === undefined || !maySee(caller, stored.decision.keyId)) throw unknownDecision()
    exchange.sendJson(200, toStoredDecisionBody(stored))
  },
}

/** A decision that is not there and one of another key look the same. */
function unknownDecision(): GatewayError {
  return new GatewayError('unknown_decision', 'There is no such decision among those of this key')
}

function maySee(caller: Caller, keyId: string | undefined): boolean {
  return caller.visibleTo === undefined || caller.visibleTo === keyId
}
