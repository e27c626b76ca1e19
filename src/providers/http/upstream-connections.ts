import { buildConnector, type Client, type Dispatcher } from 'undici'
import { isStale, UpstreamConnection } from './upstream-connection.ts'

export interface UpstreamConnectionOptions {
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly idleTimeoutMs: number
  /** Idle connections kept for later calls. */
  readonly maxIdle: number
}

/**
 * Kept-alive HTTP connections to one origin, one call on each at a time; as many as there are calls.
 *
 * undici's own `Pool` would do, but for one thing: after an abort its clients connect anew, with nothing to send
 * (7.30.2: an abort closes the socket as merely informational, so that the dead request still counts as pending). A
 * caller who leaves would cost the upstream a handshake. Here the client of a broken call is thrown away.
 */
export class UpstreamConnections {
  readonly #origin: string
  readonly #options: Client.Options
  readonly #connector: buildConnector.connector
  readonly #maxIdle: number
  /** Used last, reused first: the others may time out. */
  readonly #idle: UpstreamConnection[] = []
  readonly #busy = new Set<UpstreamConnection>()
  #closed = false

  constructor(origin: string, options: UpstreamConnectionOptions) {
    this.#origin = origin
    this.#maxIdle = options.maxIdle
    this.#connector = buildConnector({ timeout: options.connectTimeoutMs })
    this.#options = { headersTimeout: options.headersTimeoutMs, bodyTimeout: options.idleTimeoutMs }
  }

  /**
   * Sends one request. The body of the answer must be read to its end or destroyed: its connection serves again after
   * the former and is closed by the latter.
   *
   * A request that meets a dead connection is sent once more, on a new one: see {@link UpstreamConnection.request}.
   *
   * @throws {ConnectFailure} when nothing was sent; else what undici throws.
   */
  async request(request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#send(this.#idle.pop() ?? this.#open(), request)
    } catch (error) {
      if (!isStale(error) || this.#closed) throw error
      return await this.#send(this.#open(), request)
    }
  }

  /** Ends calls under way. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((connection) => this.#drop(connection)))
  }

  #open(): UpstreamConnection {
    return new UpstreamConnection(this.#origin, this.#options, this.#connector)
  }

  async #send(connection: UpstreamConnection, request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    this.#busy.add(connection)
    // Its request then fails as those did that were under way.
    if (this.#closed) void this.#drop(connection)
    try {
      const response = await connection.request(request)
      const { body } = response
      // Destroying a body that nobody reads emits an error, and an error without a listener ends the process.
      body.on('error', () => undefined)
      body.once('close', () => (body.readableEnded ? this.#keep(connection) : void this.#drop(connection)))
      return response
    } catch (error) {
      void this.#drop(connection)
      throw error
    }
  }

  #keep(connection: UpstreamConnection): void {
    if (this.#closed || this.#idle.length >= this.#maxIdle) {
      void this.#drop(connection)
      return
    }
    this.#busy.delete(connection)
    this.#idle.push(connection)
  }

  async #drop(connection: UpstreamConnection): Promise<void> {
    this.#busy.delete(connection)
    await connection.destroy()
  }
}
