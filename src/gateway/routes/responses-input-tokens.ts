import { requireScope } from '../authenticate.ts'
import { readJsonBody } from '../json-body.ts'
import { takeInForeignHeaders } from '../wire/foreign-headers.ts'
import { takeInResponses } from '../wire/responses/responses-intake.ts'
import { parseResponsesRequest } from '../wire/responses/responses-request.ts'
import { StateBudget } from '../wire/responses/state-budget.ts'
import { resolveState } from '../wire/responses/stored-state.ts'
import { countUpstream } from './count-tokens.ts'
import { stateReader } from './responses.ts'
import type { Route } from './route-handler.ts'

/**
 * `POST /v1/responses/input_tokens`: the provider's count where the request names an LLM whose provider counts, else the
 * estimate that requests are admitted by.
 */
export const responsesInputTokensRoute: Route = {
  name: 'responses_input_tokens',
  method: 'POST',
  access: 'key',
  callsLlm: true,
  errors: 'openai',
  async handle(services, { exchange, caller, share, time }) {
    requireScope(caller, 'inference')
    const { maxBodyBytes, defaultLambda } = services.options
    const { headers } = exchange.request
    const { pool } = services.parts.router
    const sent = await readJsonBody(exchange.request, maxBodyBytes, share)
    const request = parseResponsesRequest(takeInForeignHeaders(exchange, sent, pool).body)
    const budget = new StateBudget(maxBodyBytes, share)
    const state = await resolveState(request, stateReader(services), caller.keyId, budget)
    const intake = takeInResponses(request, state, headers, pool, caller, defaultLambda)
    const counted = await countUpstream(services, caller, intake, time.signal)
    time.upstreamEnded()
    const body = { object: 'response.input_tokens', input_tokens: counted ?? intake.routing.inputTokens }
    exchange.sendJson(200, body, counted === undefined ? { 'x-pointsman-estimated': 'true' } : {})
  },
}
