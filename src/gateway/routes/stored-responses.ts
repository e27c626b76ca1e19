import type { StoredResponse } from '../../routing/response-store.ts'
import { type Caller, requireScope } from '../authenticate.ts'
import { GatewayError } from '../gateway-error.ts'
import type { GatewayServices } from '../gateway-services.ts'
import type { HttpExchange } from '../http-exchange.ts'
import { toDecisionId, toResponseId } from '../wire/response-id.ts'
import { parsePageQuery, toItemPage } from '../wire/responses/item-list.ts'
import { StateBudget } from '../wire/responses/state-budget.ts'
import { boundedChain, itemsOf } from '../wire/responses/stored-state.ts'
import { stateReader } from './responses.ts'
import type { Route } from './route-handler.ts'

/** `GET /v1/responses/<id>`: a response that was made with `store: true`. */
export const responseRoute: Route = {
  name: 'response',
  method: 'GET',
  access: 'key',
  callsLlm: false,
  errors: 'openai',
  async handle(services, { exchange, caller, rest }) {
    if (queryOf(exchange).get('stream') === 'true') {
      throw new GatewayError('unsupported_parameter', 'Events are not kept: retrieve the response without stream', {
        param: 'stream',
      })
    }
    const { response } = await requireKept(services, caller, rest)
    exchange.send(200, response, 'application/json')
  },
}

/** `DELETE /v1/responses/<id>`. */
export const deleteResponseRoute: Route = {
  name: 'response_delete',
  method: 'DELETE',
  access: 'key',
  callsLlm: false,
  errors: 'openai',
  async handle({ parts, storeHealth }, { exchange, caller, rest }) {
    requireScope(caller, 'inference')
    const id = toDecisionId(rest)
    const deleted = await storeHealth.inTime(parts.responses.delete(id, caller.keyId))
    if (!deleted) throw notFound(rest)
    exchange.sendJson(200, { id: toResponseId(id, 'responses'), object: 'response', deleted })
  },
}

/**
 * `GET /v1/responses/<id>/input_items`: everything its LLM was given, earlier turns that are still kept with it, by
 * `order`, `limit` and `after`.
 */
export const inputItemsRoute: Route = {
  name: 'response_input_items',
  method: 'GET',
  access: 'key',
  // It calls none, but takes as much memory as one that does.
  callsLlm: true,
  errors: 'openai',
  async handle(services, { exchange, caller, rest, share, time }) {
    time.upstreamEnded()
    requireScope(caller, 'inference')
    const query = parsePageQuery(queryOf(exchange))
    const budget = new StateBudget(services.options.maxBodyBytes, share)
    const chain = await boundedChain(rest, stateReader(services), caller.keyId, budget)
    const last = chain.at(-1)
    if (last === undefined) throw notFound(rest)
    const items = [...chain.slice(0, -1).flatMap(itemsOf), ...(JSON.parse(last.input) as readonly unknown[])]
    exchange.sendJson(200, toItemPage(items, query))
  },
}

/** `POST /v1/responses/<id>/cancel`: only background responses can be cancelled, and there are none. */
export const cancelResponseRoute: Route = {
  name: 'response_cancel',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  errors: 'openai',
  async handle(services, { caller, rest }) {
    await requireKept(services, caller, rest)
    throw new GatewayError(
      'unsupported_parameter',
      'Only responses made in the background can be cancelled, which is not supported here; close the stream instead',
    )
  },
}

/** `POST /v1/responses/compact`: what OpenAI writes there only OpenAI can read, and any LLM may be next. */
export const compactResponseRoute: Route = {
  name: 'response_compact',
  method: 'POST',
  access: 'key',
  callsLlm: false,
  errors: 'openai',
  handle(_services, { caller }) {
    requireScope(caller, 'inference')
    throw new GatewayError(
      'unsupported_parameter',
      'Compaction is not supported here; send less of the conversation, or a summary of it',
    )
  },
}

async function requireKept(
  { parts, storeHealth }: GatewayServices,
  caller: Caller,
  id: string,
): Promise<StoredResponse> {
  requireScope(caller, 'inference')
  const kept = await storeHealth.inTime(parts.responses.get(toDecisionId(id), caller.keyId))
  if (kept === undefined) throw notFound(id)
  return kept
}

/** A response that is not kept and one of another key look the same. */
function notFound(id: string): GatewayError {
  return new GatewayError('response_not_found', `Response with id '${id.slice(0, 100)}' not found.`)
}

function queryOf({ request }: HttpExchange): URLSearchParams {
  const url = request.url ?? ''
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}
