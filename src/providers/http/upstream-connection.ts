import type { Socket } from 'node:net'
import { type buildConnector, Client, type Dispatcher } from 'undici'
import { systemTimers } from '../resilience/timers.ts'
import { ConnectFailure } from './connect-failure.ts'
import { isLostConnection } from './lost-connection.ts'

/**
 * A dead connection answers within one round trip, which is under 300 ms between any two continents. No LLM has read a
 * prompt and written a billable answer by then without sending a byte of it.
 */
const staleWithinMs = 300

/** A kept-alive connection turned out to be dead. What it was dead of is the cause. */
class StaleConnection extends Error {}

/** Whether an error of {@link UpstreamConnection.request} says that the same request may be sent on a new connection. */
export function isStale(error: unknown): boolean {
  return error instanceof StaleConnection
}

/** One HTTP client for one call at a time, and what is known of the socket under it. */
export class UpstreamConnection {
  readonly #client: Client
  /** Undefined until connected: what fails before that was never sent. */
  #socket: Socket | undefined
  /** This socket has brought an answer before. */
  #served = false

  /** @param connector shared between connections, for it remembers TLS sessions. */
  constructor(origin: string, options: Client.Options, connector: buildConnector.connector) {
    this.#client = new Client(origin, {
      ...options,
      connect: (target, done) => {
        this.#socket = undefined
        this.#served = false
        connector(target, (...result) => {
          this.#socket = result[1] ?? undefined
          // Nagle's algorithm holds a small body back until its headers are acknowledged.
          this.#socket?.setNoDelay(true)
          done(...result)
        })
      },
    })
  }

  /**
   * @throws {ConnectFailure} when there was no connection, so that nothing was sent. After that, whatever undici throws:
   *   the request may have been worked on. One exception, told by {@link isStale}: a socket that has served before
   *   and is lost at once, before a byte came, was closed by the upstream while it lay idle, and the news crossed our
   *   request. To send that again is safe enough, and browsers do: otherwise calls after a pause would fail at random.
   */
  async request(request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    const startMs = systemTimers.now()
    const bytesBefore = this.#socket?.bytesRead
    try {
      const response = await this.#client.request(request)
      this.#served = true
      return response
    } catch (cause) {
      if (this.#socket === undefined) throw new ConnectFailure(cause)
      const silent = this.#socket.bytesRead === bytesBefore && systemTimers.now() - startMs < staleWithinMs
      if (this.#served && silent && isLostConnection(cause)) throw new StaleConnection('Closed while idle', { cause })
      throw cause
    }
  }

  async destroy(): Promise<void> {
    await this.#client.destroy()
  }
}
