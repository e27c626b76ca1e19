import { GatewayError } from '../gateway-error.ts'
import { toRolloutBody } from '../wire/rollout-body.ts'
import type { Route } from './route-handler.ts'

/** `GET /admin/rollout`: which policy version serves, and what the trial of another has come to. */
export const rolloutRoute: Route = {
  name: 'admin_rollout',
  method: 'GET',
  access: 'admin_key',
  callsLlm: false,
  async handle({ parts, storeHealth }, { exchange }) {
    if (parts.rollout === undefined) {
      throw new GatewayError('invalid_request', 'The policy of this gateway stays as it was opened')
    }
    exchange.sendJson(200, toRolloutBody(await storeHealth.inTime(parts.rollout.view())))
  },
}
