import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A request as a fixture server received it. */
export interface FixtureRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** As sent. */
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

/** An answer of a fixture server: JSON, or a stream of pieces that are written one by one. */
export type FixtureAnswer =
  | { readonly status: number; readonly json: unknown; readonly headers?: Record<string, string> }
  | {
      readonly contentType: string
      readonly pieces: readonly (string | Uint8Array)[]
      readonly headers?: Record<string, string>
    }

/** What goes wrong with the next calls. */
export interface FixtureFault {
  /** Answers with the API's own error of this status, with these headers. */
  readonly status?: number
  readonly headers?: Record<string, string>
  /** A stream that dies after so many pieces; the socket is destroyed. */
  readonly cutAfterPieces?: number
  /** A stream that falls silent after so many pieces, until the reader leaves. */
  readonly hangAfterPieces?: number
}

/**
 * An upstream that keeps to one vendor's API: it refuses what the vendor refuses, with the vendor's error body, and answers in
 * the vendor's form. A subclass per API says how. Serves the tests of providers, dialects, clients and costs.
 */
export abstract class FixtureUpstream {
  readonly requests: FixtureRequest[] = []
  /** Between the pieces of a stream. */
  gapMs = 0
  readonly #faults: FixtureFault[] = []
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  /** Streams whose reader left before their end. */
  abandoned = 0

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** The vendor's answer to a request, or its refusal. */
  protected abstract answer(request: FixtureRequest): FixtureAnswer | Promise<FixtureAnswer>

  /** The vendor's error body. */
  protected abstract errorBody(status: number, message: string): unknown

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  /** The next calls meet these, one each. */
  failNext(...faults: readonly FixtureFault[]): void {
    this.#faults.push(...faults)
  }

  /** Forgets those that no call has met. */
  clearFaults(): void {
    this.#faults.length = 0
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** A refusal in the vendor's words; for subclasses. */
  protected refuse(status: number, message: string): FixtureAnswer {
    return { status, json: this.errorBody(status, message) }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    let text = ''
    for await (const piece of request) text += String(piece)
    const { method = '', url = '', headers } = request
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    const received: FixtureRequest = { method, path: url, headers, text, body }
    this.requests.push(received)
    const fault = method === 'GET' ? undefined : this.#faults.shift()
    const answer =
      fault?.status === undefined
        ? await this.answer(received)
        : { ...this.refuse(fault.status, `Made to fail with ${fault.status}`), headers: fault.headers ?? {} }
    if ('json' in answer) {
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(JSON.stringify(answer.json))
      return
    }
    await this.#play(answer, response, fault)
  }

  async #play(
    answer: Extract<FixtureAnswer, { readonly pieces: unknown }>,
    response: ServerResponse,
    fault: FixtureFault | undefined,
  ): Promise<void> {
    response.writeHead(200, { 'content-type': answer.contentType, ...answer.headers })
    response.flushHeaders()
    for (const [index, piece] of answer.pieces.entries()) {
      if (response.destroyed) {
        this.abandoned += 1
        return
      }
      if (fault?.cutAfterPieces === index) {
        // What was written must be on its way first, else the reader sees nothing at all.
        await sleep(20)
        response.socket?.destroy()
        return
      }
      if (fault?.hangAfterPieces === index) {
        await once(response, 'close')
        this.abandoned += 1
        return
      }
      response.write(piece)
      if (this.gapMs > 0) await sleep(this.gapMs)
    }
    response.end()
  }
}

/** One server-sent event. */
export function sse(data: unknown, name?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return name === undefined ? `data: ${text}\n\n` : `event: ${name}\ndata: ${text}\n\n`
}
