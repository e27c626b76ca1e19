import { readJsonBody } from '../json-body.ts'
import { routeWithinBudget } from '../spend-guard.ts'
import { takeInChat } from '../wire/chat-intake.ts'
import { toDecisionBody } from '../wire/decision-body.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import type { Route } from './route-handler.ts'

/** `POST /v1/route`: the decision for a chat request and its terms. Calls nothing and stores nothing. */
export const routePreviewRoute: Route = {
  name: 'route',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  async handle(services, { exchange, caller, share }) {
    const { router } = services.parts
    const { maxBodyBytes, defaultLambda } = services.options
    const sent = await readJsonBody(exchange.request, maxBodyBytes, share)
    const { body } = takeInForeignHeaders(exchange, sent, router.pool)
    const { routing } = takeInChat(body, exchange.request.headers, router.pool, caller, defaultLambda)
    const decision = await routeWithinBudget(services, caller, routing)
    exchange.sendJson(200, toDecisionBody(decision))
  },
}
