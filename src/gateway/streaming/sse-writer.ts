import type { ServerResponse } from 'node:http'

/** Server-sent events on one response, with backpressure. */
export class SseWriter {
  readonly #response: ServerResponse
  /** One for all who wait: a chunk can be many events, and each listener takes time in proportion to those there are. */
  #draining: Promise<void> | undefined

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** Headers wait in the socket's buffer and leave together with the first event. */
  open(headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Reverse proxies such as nginx would otherwise collect the events.
      'x-accel-buffering': 'no',
      ...headers,
    })
  }

  /**
   * @param data one line.
   * @param name the event's own line, in dialects that name their events.
   * @returns a promise that asks the writer to wait; it resolves when the client has read on, or has left.
   */
  send(data: string, name?: string): Promise<void> | undefined {
    if (this.#response.destroyed || this.#response.write(eventText(data, name))) return undefined
    return this.#drained()
  }

  /** Ends the stream after one last event. */
  end(data: string, name?: string): void {
    this.#response.end(eventText(data, name))
  }

  #drained(): Promise<void> {
    const response = this.#response
    this.#draining ??= new Promise((resolve) => {
      const done = () => {
        response.off('drain', done)
        response.off('close', done)
        this.#draining = undefined
        resolve()
      }
      response.on('drain', done)
      response.on('close', done)
    })
    return this.#draining
  }
}

function eventText(data: string, name: string | undefined): string {
  return name === undefined ? `data: ${data}\n\n` : `event: ${name}\ndata: ${data}\n\n`
}
