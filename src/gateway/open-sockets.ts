import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The connections of a server, and which of them have a request under way. Node closes those it calls idle, which leaves
 * out whoever has connected and said nothing yet, or only half a request: such a client would hold a shutdown.
 */
export class OpenSockets {
  readonly #requestsOf = new Map<Socket, number>()

  opened(socket: Socket): void {
    this.#requestsOf.set(socket, 0)
    socket.once('close', () => this.#requestsOf.delete(socket))
  }

  /** A whole request head has come on the socket; it counts until its response is sent or lost. */
  requested(socket: Socket, response: ServerResponse): void {
    this.#add(socket, 1)
    response.once('close', () => this.#add(socket, -1))
  }

  destroyUnused(): void {
    for (const [socket, requests] of this.#requestsOf) if (requests === 0) socket.destroy()
  }

  #add(socket: Socket, change: number): void {
    const requests = this.#requestsOf.get(socket)
    if (requests !== undefined) this.#requestsOf.set(socket, requests + change)
  }
}
