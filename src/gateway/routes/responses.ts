import type { Caller } from '../authenticate.ts'
import { requireScope } from '../authenticate.ts'
import type { GatewayServices } from '../gateway-services.ts'
import type { HttpExchange } from '../http-exchange.ts'
import { readJsonBody } from '../json-body.ts'
import { serveChat } from '../serve-chat.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import { toKept } from '../wire/responses/kept-response.ts'
import { type KeepResponse, ResponsesAnswerWriter } from '../wire/responses/responses-answer-writer.ts'
import { takeInResponses } from '../wire/responses/responses-intake.ts'
import { parseResponsesRequest } from '../wire/responses/responses-request.ts'
import { StateBudget } from '../wire/responses/state-budget.ts'
import { type PriorState, resolveState, type StateReader } from '../wire/responses/stored-state.ts'
import type { Route } from './route-handler.ts'

/**
 * `POST /v1/responses`, JSON and SSE. Nothing is kept unless the caller says `store: true`: prompts and answers are the
 * caller's, and most never ask for them again.
 */
export const responsesRoute: Route = {
  name: 'responses',
  method: 'POST',
  access: 'key',
  callsLlm: true,
  errors: 'openai',
  async handle(services, { exchange, caller, share, time }) {
    requireScope(caller, 'inference')
    const { parts, options } = services
    const sent = await readJsonBody(exchange.request, options.maxBodyBytes, share)
    const { body, deadlineMs } = takeInForeignHeaders(exchange, sent, parts.router.pool)
    const request = parseResponsesRequest(body)
    const budget = new StateBudget(options.maxBodyBytes, share)
    const state = await resolveState(request, stateReader(services), caller.keyId, budget)
    const { headers } = exchange.request
    const intake = takeInResponses(request, state, headers, parts.router.pool, caller, options.defaultLambda)
    const { conversationId = '' } = intake.routing
    const keep = request.store === true ? keeper(services, exchange, caller, state, conversationId) : undefined
    const writer = new ResponsesAnswerWriter(exchange, { request, keep, now: () => parts.clock.now() })
    await serveChat(services, caller, { ...intake, deadlineMs, receivedAtMs: exchange.receivedAtMs }, writer, time)
    await writer.ended
  },
}

export function stateReader({ parts, storeHealth }: GatewayServices): StateReader {
  return {
    chain: (id, keyId) => storeHealth.inTime(parts.responses.chain(id, keyId)),
    chainSize: (id, keyId) => storeHealth.inTime(parts.responses.chainSize(id, keyId)),
    item: (itemId, keyId) => storeHealth.inTime(parts.responses.item(itemId, keyId)),
  }
}

function keeper(
  { parts, storeHealth }: GatewayServices,
  { receivedAtMs }: HttpExchange,
  { keyId }: Caller,
  state: PriorState,
  conversationId: string,
): KeepResponse {
  return (decisionId, response) => {
    const kept = toKept(response, state, { decisionId, createdAtMs: receivedAtMs, keyId, conversationId })
    return storeHealth.committed(storeHealth.write(() => parts.responses.save(kept)))
  }
}
