import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorDialect, toErrorResponseIn } from './error-response.ts'

/** How long we read on from a client that was refused while it still sends, so that it gets to read the refusal. */
const lingerMs = 1_000

/** One HTTP request and its answer. */
export class HttpExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Goes out as `x-request-id`. */
  readonly id: string
  readonly receivedAtMs: number
  /** Without the query. */
  readonly path: string
  /** Of the route, once it is found; before that as the client's headers or the path tell. */
  errorDialect: ErrorDialect

  constructor(request: IncomingMessage, response: ServerResponse, id: string, receivedAtMs: number) {
    this.request = request
    this.response = response
    this.id = id
    this.receivedAtMs = receivedAtMs
    const url = request.url ?? '/'
    const query = url.indexOf('?')
    this.path = query < 0 ? url : url.slice(0, query)
    const anthropic = request.headers['anthropic-version'] !== undefined || this.path.startsWith('/v1/messages')
    this.errorDialect = anthropic ? 'anthropic' : 'openai'
  }

  /** What follows the path. */
  get query(): URLSearchParams {
    const url = this.request.url ?? ''
    const start = url.indexOf('?')
    return new URLSearchParams(start < 0 ? '' : url.slice(start + 1))
  }

  sendJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.send(status, JSON.stringify(body), 'application/json', headers)
  }

  send(status: number, text: string, contentType: string, headers: Readonly<Record<string, string>> = {}): void {
    const { response } = this
    if (response.headersSent || response.destroyed) return
    const unread = !this.request.complete && announcesBody(this.request)
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': Buffer.byteLength(text),
      'x-request-id': this.id,
      // Under this name Anthropic's clients look for it.
      ...(this.errorDialect === 'anthropic' ? { 'request-id': this.id } : undefined),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...(unread ? { connection: 'close' } : undefined),
      ...headers,
    })
    if (unread) this.#endLate(text)
    else response.end(text)
  }

  /** Answers with the error in the dialect's envelope; does nothing once an answer has begun. Returns the status. */
  sendError(error: unknown): number {
    const { status, headers, body } = toErrorResponseIn(this.errorDialect, error, this.id)
    this.sendJson(status, body, headers)
    return status
  }

  /**
   * Closing a socket with unread input resets it, and the reset can overtake the answer. So the answer goes out whole,
   * the rest of the request is thrown away for a while, and only then the connection ends.
   */
  #endLate(text: string): void {
    const { request, response } = this
    response.write(text)
    const finish = () => {
      clearTimeout(timer)
      response.end()
    }
    const timer = setTimeout(finish, lingerMs)
    request.once('end', finish)
    request.once('close', finish)
    request.resume()
  }
}

function announcesBody(request: IncomingMessage): boolean {
  const { headers } = request
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
