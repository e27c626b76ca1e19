import type { AnswerTime } from '../answer-watch.ts'
import type { Caller } from '../authenticate.ts'
import type { BodyShare } from '../body-budget.ts'
import type { ErrorDialect } from '../error-response.ts'
import type { GatewayServices } from '../gateway-services.ts'
import type { HttpExchange } from '../http-exchange.ts'

/** What a route gets of its request. */
export interface RouteRequest {
  readonly exchange: HttpExchange
  readonly caller: Caller
  /** What follows the route's path, percent-decoded: the id in `/v1/models/<id>`. Empty for exact paths. */
  readonly rest: string
  /** What the request's body counts to. */
  readonly share: BodyShare
  /** Aborts when the caller leaves or the gateway ends. */
  readonly time: AnswerTime
}

/** Answers one request, or throws what `error-response.ts` can translate. */
export type RouteHandler = (services: GatewayServices, request: RouteRequest) => Promise<void> | void

export interface Route {
  /** For metrics. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /**
   * `open`: anybody, under any host name. `key`: with a key, where keys are in use. `admin`: with the admin scope, likewise. `admin_key`: with
   * an admin's key, also where nobody else needs one: all under `/admin`, and what changes keys and the pool.
   */
  readonly access: 'open' | 'key' | 'admin' | 'admin_key'
  /** Calls an LLM: counts against the limit of concurrent requests. */
  readonly callsLlm: boolean
  /** Default: as the client's headers tell, see {@link HttpExchange.errorDialect}. */
  readonly errors?: ErrorDialect
  readonly handle: RouteHandler
}
