import { buildConnector, Client, type Dispatcher } from 'undici'

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
  readonly #maxIdle: number
  /** Used last, reused first: the others may time out. */
  readonly #idle: Client[] = []
  readonly #busy = new Set<Client>()
  #closed = false

  constructor(origin: string, options: UpstreamConnectionOptions) {
    this.#origin = origin
    this.#maxIdle = options.maxIdle
    const connect = buildConnector({ timeout: options.connectTimeoutMs })
    this.#options = {
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      // Nagle's algorithm holds a small body back until its headers are acknowledged.
      connect: (target, done) =>
        connect(target, (...result) => {
          result[1]?.setNoDelay(true)
          done(...result)
        }),
    }
  }

  /**
   * Sends one request. The body of the answer must be read to its end or destroyed: its connection serves again after
   * the former and is closed by the latter.
   */
  async request(request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    const client = this.#idle.pop() ?? new Client(this.#origin, this.#options)
    this.#busy.add(client)
    // Its request then fails as those did that were under way.
    if (this.#closed) void this.#drop(client)
    try {
      const response = await client.request(request)
      const { body } = response
      // Destroying a body that nobody reads emits an error, and an error without a listener ends the process.
      body.on('error', () => undefined)
      body.once('close', () => (body.readableEnded ? this.#keep(client) : void this.#drop(client)))
      return response
    } catch (error) {
      void this.#drop(client)
      throw error
    }
  }

  /** Ends calls under way. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#idle.splice(0), ...this.#busy].map((client) => this.#drop(client)))
  }

  #keep(client: Client): void {
    if (this.#closed || this.#idle.length >= this.#maxIdle) {
      void this.#drop(client)
      return
    }
    this.#busy.delete(client)
    this.#idle.push(client)
  }

  async #drop(client: Client): Promise<void> {
    this.#busy.delete(client)
    await client.destroy()
  }
}
