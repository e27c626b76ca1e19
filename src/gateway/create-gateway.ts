import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerClientError } from './client-error.ts'
import { GatewayError } from './gateway-error.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import { defaultGatewayOptions, type GatewayOptions } from './gateway-options.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { GatewayServices } from './gateway-services.ts'
import { ImplicitFeedback } from './implicit/implicit-feedback.ts'
import { liveFigures } from './live-figures.ts'
import { LiveJudge } from './live-judge/live-judge.ts'
import { OpenSockets } from './open-sockets.ts'
import { RequestDispatcher } from './request-dispatcher.ts'
import { isLoopback, RequestGuard } from './request-guard.ts'
import { StoreHealth } from './store-health.ts'

/** What aborted answers get to tell their callers, and to settle, before their connections are closed. */
const lastWordsMs = 1_000

/** An HTTP server that speaks OpenAI's API and routes. */
export interface Gateway {
  /**
   * @param port 0 takes a free one.
   * @throws {GatewayError} `key_required` beyond loopback when no key was ever issued; the system's error when the
   *   address cannot be had.
   */
  listen(host: string, port: number): Promise<{ readonly url: string }>
  /** Takes no new requests, lets the answers under way end within `drainTimeoutMs`, then ends the rest. Idempotent. */
  close(): Promise<void>
}

/** Joins the parts; nothing is opened before `listen`. */
export function createGateway(parts: GatewayParts, options: Partial<GatewayOptions> = {}): Gateway {
  return new HttpGateway(parts, { ...defaultGatewayOptions, ...options })
}

class HttpGateway implements Gateway {
  readonly #parts: GatewayParts
  readonly #options: GatewayOptions
  readonly #shutdown = new AbortController()
  readonly #sockets = new OpenSockets()
  readonly #services: GatewayServices
  #dispatcher: RequestDispatcher | undefined
  #server: Server | undefined
  #closing: Promise<void> | undefined

  constructor(parts: GatewayParts, options: GatewayOptions) {
    this.#parts = parts
    this.#options = options
    const metrics = new GatewayMetrics(liveFigures(parts, () => this.#dispatcher?.inFlight ?? 0))
    const services: { -readonly [Part in keyof GatewayServices]: GatewayServices[Part] } = {
      parts,
      options,
      metrics,
      storeHealth: new StoreHealth(parts.clock, parts.log, options, () => metrics.storeFailed()),
      liveJudge: undefined,
      implicit: undefined,
      draining: () => this.#closing !== undefined,
    }
    if (parts.judge !== undefined) services.liveJudge = new LiveJudge(services, parts.judge)
    services.implicit = ImplicitFeedback.of(services)
    this.#services = services
  }

  async listen(host: string, port: number): Promise<{ readonly url: string }> {
    if (this.#server !== undefined || this.#closing !== undefined) throw new Error('listen() was called before')
    if (!isLoopback(host) && this.#parts.keys.neverIssued) {
      throw new GatewayError(
        'key_required',
        `Listening on ${host} lets other machines in, which takes an API key; issue one first, or listen on 127.0.0.1`,
      )
    }
    const guard = new RequestGuard(host, this.#options.allowedHosts)
    const keyRequired = this.#options.requireKey || !isLoopback(host)
    const dispatcher = new RequestDispatcher(this.#services, guard, this.#shutdown.signal, keyRequired)
    this.#dispatcher = dispatcher
    const server = this.#createServer(dispatcher)
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    const { port: boundPort } = server.address() as AddressInfo
    return { url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}` }
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain()
    return this.#closing
  }

  #createServer(dispatcher: RequestDispatcher): Server {
    const options = this.#options
    const parts = this.#parts
    const server = createServer({
      noDelay: true,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      // Node refuses to start where the headers have more time than the whole request.
      headersTimeout: Math.min(options.headersTimeoutMs, options.requestTimeoutMs),
      requestTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(50, Math.min(5_000, options.headersTimeoutMs / 2)),
      maxHeaderSize: options.maxHeaderBytes,
      // Without a Host header Node would answer by itself, outside the envelope.
      requireHostHeader: false,
    })
    // Node drops headers beyond the limit silently; one more lets the dispatcher see that there were too many.
    server.maxHeadersCount = options.maxHeaderCount + 1
    const latest = new WeakMap<Socket, ServerResponse>()
    server.on('connection', (socket: Socket) => this.#sockets.opened(socket))
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      latest.set(request.socket, response)
      this.#sockets.requested(request.socket, response)
      dispatcher.dispatch(request, response).catch((error: unknown) => {
        parts.log.error({ err: error }, 'A request could not be answered')
        response.destroy()
      })
    })
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      answerClientError(error, socket, parts.newId(), latest.get(socket))
    })
    return server
  }

  async #drain(): Promise<void> {
    const server = this.#server
    if (server === undefined) return this.#services.liveJudge?.close()
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    // A connection falls idle only once its client has read the answer.
    const sweep = setInterval(() => this.#sockets.destroyUnused(), 20)
    this.#sockets.destroyUnused()
    const deadline = setTimeout(() => void this.#abortAll(server), this.#options.drainTimeoutMs)
    await closed
    await this.#dispatcher?.idle()
    await this.#services.liveJudge?.close()
    clearInterval(sweep)
    clearTimeout(deadline)
  }

  async #abortAll(server: Server): Promise<void> {
    this.#shutdown.abort(new GatewayError('shutting_down', 'The gateway is closing'))
    const idle = this.#dispatcher?.idle()
    let timer: NodeJS.Timeout | undefined
    await Promise.race([idle, new Promise((resolve) => (timer = setTimeout(resolve, lastWordsMs)))])
    clearTimeout(timer)
    // Handled answers are in the sockets' buffers by now; the turn of the event loop lets them out.
    setImmediate(() => server.closeAllConnections())
  }
}
