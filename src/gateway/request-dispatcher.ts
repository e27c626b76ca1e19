import type { IncomingMessage, ServerResponse } from 'node:http'
import { ProviderError } from '../providers/provider-error.ts'
import { authenticate, type Caller, requireScope } from './authenticate.ts'
import { isInternalError } from './error-response.ts'
import { GatewayError } from './gateway-error.ts'
import type { GatewayServices } from './gateway-services.ts'
import { HttpExchange } from './http-exchange.ts'
import type { RequestGuard } from './request-guard.ts'
import type { Route } from './routes/route-handler.ts'
import { findRoute } from './routes/route-table.ts'

/** A client that reads nothing any more holds its request this much longer than the answer may take. */
const unreadGraceMs = 1_000

/** Takes each request through guard, key, limits and route, and answers what they throw. */
export class RequestDispatcher {
  readonly #services: GatewayServices
  readonly #guard: RequestGuard
  readonly #shutdown: AbortSignal
  readonly #keyRequired: boolean
  /** Of the requests under way that call an LLM. */
  readonly #departures = new Set<AbortController>()
  #open = 0
  #inFlight = 0
  #whenIdle: (() => void) | undefined

  /** @param keyRequired whether a key is needed even when none was ever issued. */
  constructor(services: GatewayServices, guard: RequestGuard, shutdown: AbortSignal, keyRequired: boolean) {
    this.#services = services
    this.#guard = guard
    this.#shutdown = shutdown
    this.#keyRequired = keyRequired
    // One listener for all requests: adding one to a signal takes time in proportion to those it has.
    shutdown.addEventListener('abort', () => {
      for (const departure of this.#departures) departure.abort(shutdown.reason)
    })
  }

  /** Requests under way that call an LLM. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenIdle = resolve
    })
  }

  async dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { parts, metrics } = this.#services
    const exchange = new HttpExchange(request, response, parts.newId(), parts.clock.now())
    // A client that vanishes mid-body raises 'error'; whoever reads the body listens too.
    request.on('error', ignore)
    response.on('error', ignore)
    this.#open += 1
    let routeName = 'unknown'
    try {
      const { route, rest } = findRoute(request.method, exchange.path)
      routeName = route.name
      await this.#answer(exchange, route, rest)
      metrics.requestEnded(routeName, response.statusCode)
    } catch (error) {
      if (isInternalError(error)) {
        parts.log.error({ err: error, requestId: exchange.id, path: exchange.path }, 'A request failed')
      }
      metrics.requestEnded(routeName, exchange.sendError(error))
    } finally {
      this.#open -= 1
      if (this.#open === 0) this.#whenIdle?.()
    }
  }

  async #answer(exchange: HttpExchange, route: Route, rest: string): Promise<void> {
    const caller = this.#admit(exchange, route)
    if (!route.callsLlm) {
      await route.handle(this.#services, { exchange, caller, rest, signal: this.#shutdown })
      return
    }
    if (this.#inFlight >= this.#services.options.maxConcurrentRequests) {
      throw new GatewayError('overloaded', 'Too many requests are under way; try again shortly', {
        retryAfterMs: 1_000,
      })
    }
    this.#inFlight += 1
    const departure = this.#watchDeparture(exchange.response)
    try {
      await route.handle(this.#services, { exchange, caller, rest, signal: departure.signal })
    } finally {
      this.#inFlight -= 1
      departure.stop()
    }
  }

  /** @throws {GatewayError} when the request may not pass. */
  #admit(exchange: HttpExchange, route: Route): Caller {
    const { parts, options, draining } = this.#services
    const { headers, rawHeaders } = exchange.request
    if (rawHeaders.length > 2 * options.maxHeaderCount) {
      throw new GatewayError('headers_too_large', `A request may have ${options.maxHeaderCount} headers`)
    }
    if (route.access === 'open') return openCaller
    this.#guard.check(headers)
    if (draining()) throw new GatewayError('shutting_down', 'The gateway is closing')
    const caller = authenticate(headers, parts.keys, this.#keyRequired)
    // Before any key was issued there is no admin to ask for.
    if (route.access === 'admin' && !parts.keys.neverIssued) requireScope(caller, 'admin')
    return caller
  }

  /** Aborts when the client leaves, when the gateway ends, and when an answer is not read to its end in time. */
  #watchDeparture(response: ServerResponse): { readonly signal: AbortSignal; readonly stop: () => void } {
    const controller = new AbortController()
    const abort = () => controller.abort(new ProviderError('aborted', 'The caller left before the answer ended'))
    const onClose = () => {
      if (!response.writableFinished) abort()
    }
    const timer = setTimeout(() => response.destroy(), this.#services.options.maxAnswerMs + unreadGraceMs)
    response.on('close', onClose)
    this.#departures.add(controller)
    if (this.#shutdown.aborted) controller.abort(this.#shutdown.reason)
    if (response.destroyed) abort()
    return {
      signal: controller.signal,
      stop: () => {
        clearTimeout(timer)
        response.off('close', onClose)
        this.#departures.delete(controller)
      },
    }
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

function ignore(): void {}
