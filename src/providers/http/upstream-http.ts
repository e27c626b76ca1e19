import type { Dispatcher } from 'undici'
import type { Clock } from '../../routing/clock.ts'
import { type ChatEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { linkAbort } from '../resilience/linked-abort.ts'
import { systemTimers } from '../resilience/timers.ts'
import { UpstreamConnections } from './upstream-connections.ts'
import { UpstreamErrors } from './upstream-errors.ts'

/** How one upstream is reached, whatever API it speaks. */
export interface UpstreamOptions {
  /** How errors and reports call this upstream. */
  readonly name: string
  /** Up to and with the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Sent with every request; their values are treated as secrets in errors. */
  readonly headers?: { readonly [name: string]: string }
  /** TCP and TLS. Default 5000. */
  readonly connectTimeoutMs?: number
  /** Until response headers; reasoning LLMs answer whole only after minutes. Default 600000. */
  readonly headersTimeoutMs?: number
  /** Longest silence inside an answer. Default 300000. */
  readonly idleTimeoutMs?: number
  /** Cap on one answer, whole or streamed. Default 32 MiB. */
  readonly maxResponseBytes?: number
  /** Kept open between calls. Default 128. */
  readonly maxIdleConnections?: number
  /** For `Retry-After` dates. Default: the machine's time. */
  readonly clock?: Clock
}

/** One request, before it is signed. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST'
  /** Below the base URL's own path, query included. */
  readonly path: string
  readonly body: string | undefined
  /** Of this request alone. */
  readonly headers?: { readonly [name: string]: string }
}

export interface UpstreamHttpOptions extends UpstreamOptions {
  /** Sent with every request like `headers`, but no secret: versions, beta names. */
  readonly plainHeaders?: { readonly [name: string]: string }
  /** Further headers for one request, computed from all of it: signatures. `path` is the whole path, query included. */
  readonly sign?: (
    request: Required<Pick<UpstreamRequest, 'method' | 'path'>> & {
      readonly host: string
      readonly body: string
      readonly headers: { readonly [name: string]: string }
    },
  ) => Promise<{ readonly [name: string]: string }>
  /** Further secrets that `sign` sends: blacked out in errors as `headers` are. */
  readonly signedSecrets?: readonly string[]
  /** The media type of a streamed answer. Default `text/event-stream`. */
  readonly streamType?: string
}

/** Turns the bytes of a streamed answer into chat events; the same ones however the bytes are cut. */
export type StreamDecoder = (
  bytes: AsyncIterable<Uint8Array>,
  errors: UpstreamErrors,
) => AsyncGenerator<ChatEvent, void, undefined>

/** An error body is read up to here; the rest tells no more. */
const maxErrorBytes = 64 * 1024
/** After the last event, how long the last bytes may take before the connection is given up instead of kept. */
const drainMs = 1000

/**
 * JSON and event streams over HTTP to one upstream: kept-alive connections, size caps, aborts that close their
 * connection, faults as {@link ProviderError}. What is in the JSON is its user's business.
 */
export class UpstreamHttp {
  readonly errors: UpstreamErrors
  readonly #connections: UpstreamConnections
  readonly #host: string
  readonly #basePath: string
  readonly #headers: { readonly [name: string]: string }
  readonly #sign: UpstreamHttpOptions['sign']
  readonly #streamType: string
  readonly #maxResponseBytes: number
  #closing: Promise<void> | undefined

  constructor(options: UpstreamHttpOptions) {
    const url = new URL(options.baseUrl)
    this.#connections = new UpstreamConnections(url.origin, {
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      headersTimeoutMs: options.headersTimeoutMs ?? 600_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
      maxIdle: options.maxIdleConnections ?? 128,
    })
    this.#host = url.host
    this.#basePath = url.pathname.replace(/\/+$/, '')
    this.#headers = {
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'pointsman',
      ...options.plainHeaders,
      ...options.headers,
    }
    this.#sign = options.sign
    this.#streamType = options.streamType ?? 'text/event-stream'
    this.#maxResponseBytes = options.maxResponseBytes ?? 32 * 1024 * 1024
    const secrets = [...Object.values(options.headers ?? {}), ...(options.signedSecrets ?? [])]
    this.errors = new UpstreamErrors(options.name, secrets, options.clock ?? systemTimers)
  }

  /** @throws {ProviderError} also where the answer is not a JSON object. */
  async json(request: UpstreamRequest, signal: AbortSignal): Promise<JsonObject> {
    return this.#readJson(await this.#send(request, 'application/json', signal), signal)
  }

  /** The events of a streamed answer. The request is sent at the first `next()`; `return()` closes the connection. */
  stream(request: UpstreamRequest, decode: StreamDecoder, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return {
      [Symbol.asyncIterator]: () => {
        const link = linkAbort(signal)
        const events = this.#events(request, decode, link.controller.signal, () => link.release())
        return {
          next: () => events.next(),
          // A generator only hears of `return()` at its next yield: a stalled upstream would hold it for ever.
          return: async () => {
            link.controller.abort()
            link.release()
            await events.return().catch(() => undefined)
            return { done: true, value: undefined }
          },
        }
      },
    }
  }

  /** Ends calls under way with `aborted`. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#connections.close()
    return this.#closing
  }

  async *#events(
    request: UpstreamRequest,
    decode: StreamDecoder,
    signal: AbortSignal,
    release: () => void,
  ): AsyncGenerator<ChatEvent, void, undefined> {
    let response: Dispatcher.ResponseData | undefined
    let finished = false
    try {
      response = await this.#send(request, this.#streamType, signal)
      await this.#requireStream(response, signal)
      for await (const event of decode(this.#capped(response), this.errors)) {
        finished = event.type === 'finished'
        yield event
      }
    } catch (cause) {
      throw this.errors.fromTransport(cause, signal)
    } finally {
      release()
      if (finished && response !== undefined) drain(response.body)
      else response?.body.destroy()
    }
  }

  /** Pieces of the body, up to the cap. Leaves the body open when its reader stops early: that one decides. */
  async *#capped(response: Dispatcher.ResponseData): AsyncGenerator<Uint8Array, void, undefined> {
    let received = 0
    for await (const piece of response.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      received += piece.byteLength
      if (received > this.#maxResponseBytes) throw this.#tooLarge()
      yield piece
    }
  }

  /** @returns an answer of status 200, its body unread. */
  async #send(request: UpstreamRequest, accept: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    if (signal.aborted) throw this.errors.fromTransport(signal.reason, signal)
    const { method, body } = request
    const path = this.#basePath + request.path
    let response: Dispatcher.ResponseData
    try {
      let headers: { readonly [name: string]: string } = { ...this.#headers, ...request.headers, accept }
      if (this.#sign !== undefined) {
        headers = { ...headers, ...(await this.#sign({ method, path, host: this.#host, body: body ?? '', headers })) }
      }
      response = await this.#connections.request({ method, path, headers, body: body ?? null, signal })
    } catch (cause) {
      throw this.errors.fromTransport(cause, signal)
    }
    if (response.statusCode === 200) return this.#requireIdentity(response)
    const text = await this.#readText(response, maxErrorBytes, signal).catch(() => '')
    if (signal.aborted) throw this.errors.fromTransport(signal.reason, signal)
    throw this.errors.fromResponse(response.statusCode, response.headers, text)
  }

  #requireIdentity(response: Dispatcher.ResponseData): Dispatcher.ResponseData {
    const encoding = response.headers['content-encoding']
    if (encoding === undefined || encoding === 'identity') return response
    response.body.destroy()
    throw this.errors.invalid(`The answer is encoded as ${String(encoding)}, although only identity was accepted`)
  }

  async #requireStream(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<void> {
    const type = String(response.headers['content-type'] ?? '')
    // Servers that forget the header altogether do stream.
    if (type === '' || type.includes(this.#streamType)) return
    if (type.includes('json')) {
      const body = await this.#readJson(response, signal)
      if (body.error !== undefined && body.error !== null) throw this.errors.fromErrorObject(body.error)
    }
    throw this.errors.invalid(`A stream was asked for; the answer is ${type}`)
  }

  async #readJson(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<JsonObject> {
    const text = await this.#readText(response, this.#maxResponseBytes, signal)
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch (cause) {
      throw this.errors.invalid('The answer is not JSON', cause)
    }
    if (!isJsonObject(body)) throw this.errors.invalid('The answer is not a JSON object')
    return body
  }

  /** By events rather than iteration, which costs more than reading an answer of one piece. */
  #readText({ body }: Dispatcher.ResponseData, maxBytes: number, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const pieces: Uint8Array[] = []
      let received = 0
      body.on('data', (piece: Uint8Array) => {
        received += piece.byteLength
        if (received <= maxBytes) {
          pieces.push(piece)
          return
        }
        reject(this.#tooLarge())
        body.destroy()
      })
      const fail = (cause: unknown) => reject(this.errors.fromTransport(cause, signal))
      body.on('end', () => resolve(pieces.length === 1 ? decode(pieces[0]!) : decode(Buffer.concat(pieces))))
      body.on('error', fail)
      body.on('close', () => {
        if (!body.readableEnded) fail(new Error('The answer was closed before its end'))
      })
    })
  }

  #tooLarge(): ProviderError {
    return new ProviderError('upstream_too_large', `The answer is larger than ${this.#maxResponseBytes} bytes`)
  }
}

/** Reads the few bytes after the end, so that the connection can serve again; not for long. */
function drain(body: Dispatcher.ResponseData['body']): void {
  const timer = setTimeout(() => body.destroy(), drainMs)
  timer.unref()
  body.once('close', () => clearTimeout(timer))
  body.resume()
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
