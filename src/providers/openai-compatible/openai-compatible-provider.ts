import type { Dispatcher } from 'undici'
import type { Clock } from '../../routing/clock.ts'
import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
  type JsonObject,
} from '../chat-provider.ts'
import { ProviderError } from '../provider-error.ts'
import { linkAbort } from '../resilience/linked-abort.ts'
import { systemTimers } from '../resilience/timers.ts'
import { chatEventsOf } from './chat-event-stream.ts'
import type { OpenAiDialect } from './presets.ts'
import { UpstreamConnections } from './upstream-connections.ts'
import { UpstreamErrors } from './upstream-errors.ts'
import { parseUsage } from './usage.ts'

export interface OpenAiCompatibleOptions {
  /** How errors and reports call this upstream. */
  readonly name: string
  /** Up to and with the version, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** Sent as a bearer token; left out for servers that need none. */
  readonly apiKey?: string | undefined
  /** Sent with every request; treated as secrets in errors. */
  readonly headers?: { readonly [name: string]: string }
  readonly dialect?: OpenAiDialect
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

/** An error body is read up to here; the rest tells no more. */
const maxErrorBytes = 64 * 1024
/** After `[DONE]`, how long the last bytes may take before the connection is given up instead of kept. */
const drainMs = 1000

/**
 * Any upstream that speaks OpenAI's chat completions over HTTP. Requests travel on as they came, unknown fields too;
 * the answer is kept as the upstream wrote it. Connections are kept alive; an aborted call closes its own.
 */
export class OpenAiCompatibleProvider implements ChatProvider {
  readonly #connections: UpstreamConnections
  readonly #path: string
  readonly #headers: Record<string, string>
  readonly #dialect: OpenAiDialect
  readonly #errors: UpstreamErrors
  readonly #maxResponseBytes: number
  #closing: Promise<void> | undefined

  constructor(options: OpenAiCompatibleOptions) {
    const url = new URL(options.baseUrl)
    this.#connections = new UpstreamConnections(url.origin, {
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      headersTimeoutMs: options.headersTimeoutMs ?? 600_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
      maxIdle: options.maxIdleConnections ?? 128,
    })
    this.#path = url.pathname.replace(/\/+$/, '')
    this.#headers = {
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'pointsman',
      ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      ...options.headers,
    }
    this.#dialect = options.dialect ?? {}
    this.#maxResponseBytes = options.maxResponseBytes ?? 32 * 1024 * 1024
    const secrets = [options.apiKey ?? '', ...Object.values(options.headers ?? {})]
    this.#errors = new UpstreamErrors(options.name, secrets, options.clock ?? systemTimers)
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const response = await this.#post(this.#bodyOf(call, false), 'application/json', signal)
    const body = await this.#readJson(response, signal)
    // OpenRouter reports failures of the upstreams behind it with status 200.
    if (body.error !== undefined && body.error !== null) throw this.#errors.fromErrorObject(body.error)
    if (!Array.isArray(body.choices) || body.choices.length === 0) {
      throw this.#errors.invalid('The answer has no choices')
    }
    const { model } = body
    return {
      body,
      usage: parseUsage(body.usage),
      reportedModel: typeof model === 'string' && model !== '' ? model : undefined,
    }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return {
      [Symbol.asyncIterator]: () => {
        const link = linkAbort(signal)
        const events = this.#events(call, link.controller.signal, () => link.release())
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

  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const response = await this.#request('GET', '/models', undefined, 'application/json', signal)
    const body = await this.#readJson(response, signal)
    const list: readonly unknown[] = Array.isArray(body.data) ? body.data : []
    const models = list.flatMap((entry) => {
      const id = isJsonObject(entry) ? entry.id : undefined
      return typeof id === 'string' ? [id] : []
    })
    return { models }
  }

  /** Ends calls under way with `aborted`. */
  close(): Promise<void> {
    this.#closing ??= this.#connections.close()
    return this.#closing
  }

  async *#events(call: ChatCall, signal: AbortSignal, release: () => void): AsyncGenerator<ChatEvent, void, undefined> {
    let response: Dispatcher.ResponseData | undefined
    let finished = false
    try {
      response = await this.#post(this.#bodyOf(call, true), 'text/event-stream', signal)
      await this.#requireEventStream(response, signal)
      for await (const event of chatEventsOf(this.#capped(response), this.#errors)) {
        finished = event.type === 'finished'
        yield event
      }
    } catch (cause) {
      throw this.#errors.fromTransport(cause, signal)
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

  #bodyOf(call: ChatCall, stream: boolean): string {
    const body: JsonObject = { ...call.request, model: call.upstreamModel, stream }
    const { outputCapParameter, refusesStreamOptions } = this.#dialect
    if (outputCapParameter !== undefined) renameOutputCap(body, outputCapParameter)
    if (refusesStreamOptions === true || !stream) delete body.stream_options
    else
      body.stream_options = { ...(isJsonObject(body.stream_options) ? body.stream_options : {}), include_usage: true }
    return JSON.stringify(body)
  }

  #post(body: string, accept: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    return this.#request('POST', '/chat/completions', body, accept, signal)
  }

  /** @returns an answer of status 200, its body unread. */
  async #request(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    accept: string,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    if (signal.aborted) throw this.#errors.fromTransport(signal.reason, signal)
    let response: Dispatcher.ResponseData
    try {
      response = await this.#connections.request({
        method,
        path: this.#path + path,
        headers: { ...this.#headers, accept },
        body: body ?? null,
        signal,
      })
    } catch (cause) {
      throw this.#errors.fromTransport(cause, signal)
    }
    if (response.statusCode === 200) return this.#requireIdentity(response)
    const text = await this.#readText(response, maxErrorBytes, signal).catch(() => '')
    if (signal.aborted) throw this.#errors.fromTransport(signal.reason, signal)
    throw this.#errors.fromResponse(response.statusCode, response.headers, text)
  }

  #requireIdentity(response: Dispatcher.ResponseData): Dispatcher.ResponseData {
    const encoding = response.headers['content-encoding']
    if (encoding === undefined || encoding === 'identity') return response
    response.body.destroy()
    throw this.#errors.invalid(`The answer is encoded as ${String(encoding)}, although only identity was accepted`)
  }

  async #requireEventStream(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<void> {
    const type = String(response.headers['content-type'] ?? '')
    // Servers that forget the header altogether do stream.
    if (type === '' || type.includes('text/event-stream')) return
    if (type.includes('json')) {
      const body = await this.#readJson(response, signal)
      if (body.error !== undefined && body.error !== null) throw this.#errors.fromErrorObject(body.error)
    }
    throw this.#errors.invalid(`A stream was asked for; the answer is ${type}`)
  }

  async #readJson(response: Dispatcher.ResponseData, signal: AbortSignal): Promise<JsonObject> {
    const text = await this.#readText(response, this.#maxResponseBytes, signal)
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch (cause) {
      throw this.#errors.invalid('The answer is not JSON', cause)
    }
    if (!isJsonObject(body)) throw this.#errors.invalid('The answer is not a JSON object')
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
      const fail = (cause: unknown) => reject(this.#errors.fromTransport(cause, signal))
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

/** With both names given, the tighter cap: the looser one could cost more than the caller allowed. */
function renameOutputCap(body: JsonObject, name: 'max_tokens' | 'max_completion_tokens'): void {
  const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (body[other] === undefined) return
  const [own, renamed] = [body[name], body[other]]
  body[name] = typeof own === 'number' && typeof renamed === 'number' ? Math.min(own, renamed) : (own ?? renamed)
  delete body[other]
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
