import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AnswerTime, AnswerWatch } from './answer-watch.ts'
import { authenticate, type Caller, requireAdmin, requireScope } from './authenticate.ts'
import { BodyBudget, type BodyShare } from './body-budget.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { isInternalError } from './error-response.ts'
import { GatewayError } from './gateway-error.ts'
import type { GatewayServices } from './gateway-services.ts'
import { HttpExchange } from './http-exchange.ts'
import type { RequestGuard } from './request-guard.ts'
import type { Route } from './routes/route-handler.ts'
import { findRoute } from './routes/route-table.ts'

/** Takes each request through guard, key, limits and route, and answers what they throw. */
export class RequestDispatcher {
  readonly #services: GatewayServices
  readonly #guard: RequestGuard
  readonly #shutdown: AbortSignal
  readonly #keyRequired: boolean
  readonly #bodies: BodyBudget
  readonly #limit: ConcurrencyLimit
  /** Of the requests under way that call an LLM. */
  readonly #watches = new Set<AnswerWatch>()
  /** For requests that call none: nobody waits for them. */
  readonly #shortTime: AnswerTime
  #open = 0
  #whenIdle: (() => void)[] = []

  /** @param keyRequired whether a key is needed even when none was ever issued. */
  constructor(services: GatewayServices, guard: RequestGuard, shutdown: AbortSignal, keyRequired: boolean) {
    this.#services = services
    this.#guard = guard
    this.#shutdown = shutdown
    this.#keyRequired = keyRequired
    this.#bodies = new BodyBudget(services.options.maxBufferedBytes)
    this.#limit = new ConcurrencyLimit(services.options.maxConcurrentRequests)
    this.#shortTime = { signal: shutdown, upstreamEnded: () => {} }
    // One listener for all requests: adding one to a signal takes time in proportion to those it has.
    shutdown.addEventListener('abort', () => {
      for (const watch of this.#watches) watch.abort(shutdown.reason)
    })
  }

  /** Requests that call an LLM and whose answer is not sent yet. */
  get inFlight(): number {
    return this.#limit.inFlight
  }

  /** Resolves when no request is being handled; answers may still be on their way to a slow client. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve)
    })
  }

  async dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { parts, metrics } = this.#services
    const exchange = new HttpExchange(request, response, parts.newId(), parts.clock.now())
    // A client that vanishes mid-body raises 'error'; whoever reads the body listens too.
    request.on('error', ignore)
    response.on('error', ignore)
    this.#open += 1
    const share = this.#bodies.open()
    let routeName = 'unknown'
    try {
      const { route, rest } = findRoute(request.method, exchange.path)
      routeName = route.name
      exchange.errorDialect = route.errors ?? exchange.errorDialect
      await this.#answer(exchange, route, rest, share)
      metrics.requestEnded(routeName, response.statusCode)
    } catch (error) {
      if (isInternalError(error)) {
        parts.log.error({ err: error, requestId: exchange.id, path: exchange.path }, 'A request failed')
      }
      metrics.requestEnded(routeName, exchange.sendError(error))
    } finally {
      share.release()
      this.#open -= 1
      if (this.#open === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
  }

  async #answer(exchange: HttpExchange, route: Route, rest: string, share: BodyShare): Promise<void> {
    const services = this.#services
    const caller = this.#admit(exchange, route)
    if (!route.callsLlm) {
      await route.handle(services, { exchange, caller, rest, share, time: this.#shortTime })
      return
    }
    // Before the body is read: what has no place is not to be held either.
    const leave = this.#limit.enter(caller.keyId)
    const watch = new AnswerWatch(exchange.response, services.parts.clock, services.options.maxAnswerMs, () => leave())
    this.#watches.add(watch)
    if (this.#shutdown.aborted) watch.abort(this.#shutdown.reason)
    try {
      await route.handle(services, { exchange, caller, rest, share, time: watch })
    } finally {
      this.#watches.delete(watch)
      watch.handled()
    }
  }

  /** @throws {GatewayError} when the request may not pass. */
  #admit(exchange: HttpExchange, route: Route): Caller {
    const { parts, options, draining } = this.#services
    const { headers, rawHeaders } = exchange.request
    if (rawHeaders.length > 2 * options.maxHeaderCount) {
      throw new GatewayError('headers_too_large', `A request may have ${options.maxHeaderCount} headers`)
    }
    // Node keeps the first one, while something in front of us may have looked at the last.
    if (countHeader(rawHeaders, 'host') > 1) {
      throw new GatewayError('malformed_http', 'A request may have one Host header')
    }
    if (route.access === 'open') return openCaller
    this.#guard.check(headers)
    if (draining()) throw new GatewayError('shutting_down', 'The gateway is closing')
    const caller = authenticate(headers, parts.keys, this.#keyRequired)
    // Before any key was issued there is no admin to ask for.
    if (route.access === 'admin' && !parts.keys.neverIssued) requireScope(caller, 'admin')
    if (route.access === 'admin_key') requireAdmin(caller)
    return caller
  }
}

/** Whoever asks whether the process lives; may do nothing else. */
const openCaller: Caller = {
  keyId: undefined,
  dailyCapUsd: undefined,
  scopes: [],
  visibleTo: '',
  preference: {},
}

/** @param rawHeaders names and values in turn. */
function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === name) count += 1
  return count
}

function ignore(): void {}
