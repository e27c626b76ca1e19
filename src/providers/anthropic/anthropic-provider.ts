import type { Clock } from '../../routing/clock.ts'
import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
  type JsonObject,
} from '../chat-provider.ts'
import type { TokenCounter } from '../embedding-provider.ts'
import { UpstreamHttp, type UpstreamOptions, type UpstreamRequest } from '../http/upstream-http.ts'
import { systemTimers } from '../resilience/timers.ts'
import { type AnswerContext, toCompletion } from './messages-answer.ts'
import { messagesEventsOf } from './messages-event-stream.ts'
import { countRequest, messagesRequest, nativeMessages, requestWithoutThinking } from './messages-request.ts'
import { toolNamesOf } from './messages-tools.ts'
import { parseMessagesUsage } from './messages-usage.ts'
import { refusesThinking } from './refused-thinking.ts'

export interface AnthropicOptions extends UpstreamOptions {
  /** Sent as `x-api-key`. */
  readonly apiKey?: string | undefined
  /** Sent as a bearer token: OAuth, or a gateway's own key. */
  readonly authToken?: string | undefined
  /** Cap on answers whose caller sets none; the API asks for one. Default: by the model, 4096 to 64000. */
  readonly defaultMaxTokens?: number | undefined
}

const messagesPath = '/v1/messages'
const apiVersion = '2023-06-01'

/** One page of models is enough: Anthropic has dozens. */
const modelsPath = '/v1/models?limit=1000'

/**
 * Anthropic's Messages API, at Anthropic or at whoever else offers it. Requests that came in this API go out untranslated, and
 * their answers come back so (`dialect: 'messages'`); all others are translated. They are fitted to the model, since newer ones
 * refuse parameters of older ones, unless the caller named it and wrote for it ({@link messagesRequest}). A request whose
 * history holds thinking that the API will not have, or lacks what it wants, is sent once more without.
 */
export class AnthropicProvider implements ChatProvider, TokenCounter {
  readonly #http: UpstreamHttp
  readonly #clock: Clock
  readonly #defaultMaxTokens: number | undefined
  /** Betas of every request, which a request's own join. */
  readonly #betas: string | undefined

  constructor(options: AnthropicOptions) {
    const { apiKey, authToken, headers = {} } = options
    const { 'anthropic-beta': betas, ...others } = headers
    this.#betas = betas
    this.#http = new UpstreamHttp({
      ...options,
      // With the version or without: both are common in ANTHROPIC_BASE_URL.
      baseUrl: options.baseUrl.replace(/\/v1\/*$/, ''),
      plainHeaders: { 'anthropic-version': apiVersion },
      headers: {
        ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
        ...(authToken === undefined ? {} : { authorization: `Bearer ${authToken}` }),
        ...others,
      },
    })
    this.#clock = options.clock ?? systemTimers
    this.#defaultMaxTokens = options.defaultMaxTokens
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const body = await this.#json(call, signal)
    const { errors } = this.#http
    if (body.type === 'error') throw errors.fromErrorObject(body.error ?? body)
    if (!Array.isArray(body.content)) throw errors.invalid('The answer has no content')
    if (nativeMessages(call.native) === undefined) return this.#translated(body, call)
    const reportedModel = typeof body.model === 'string' && body.model !== '' ? body.model : undefined
    return { body, dialect: 'messages', usage: parseMessagesUsage(body.usage), reportedModel }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return { [Symbol.asyncIterator]: () => this.#events(call, signal) }
  }

  async countTokens(call: ChatCall, signal: AbortSignal): Promise<number> {
    const request = this.#post('/v1/messages/count_tokens', countRequest(call), call)
    const { input_tokens: count } = await this.#http.json(request, signal)
    if (typeof count !== 'number') throw this.#http.errors.invalid('The answer has no input_tokens')
    return count
  }

  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const body = await this.#http.json({ method: 'GET', path: modelsPath, body: undefined }, signal)
    const list: readonly unknown[] = Array.isArray(body.data) ? body.data : []
    const models = list.flatMap((entry) => {
      const id = isJsonObject(entry) ? entry.id : undefined
      return typeof id === 'string' ? [id] : []
    })
    return { models }
  }

  /** Ends calls under way with `aborted`. */
  close(): Promise<void> {
    return this.#http.close()
  }

  #translated(body: JsonObject, call: ChatCall): ChatCompletion {
    try {
      return toCompletion(body, this.#context(call))
    } catch (cause) {
      // Input of a tool without end of nesting: it can be read but not written.
      throw this.#http.errors.invalid('The answer nests too deeply', cause)
    }
  }

  async #json(call: ChatCall, signal: AbortSignal): Promise<JsonObject> {
    const body = this.#request(call, false)
    try {
      return await this.#http.json(this.#post(messagesPath, body, call), signal)
    } catch (error) {
      return this.#http.json(this.#post(messagesPath, repaired(body, call, error), call), signal)
    }
  }

  /** By hand and not as a generator, whose `return()` would wait for the upstream's next byte. */
  #events(call: ChatCall, signal: AbortSignal): AsyncIterator<ChatEvent> {
    const form = nativeMessages(call.native) === undefined ? this.#context(call) : 'native'
    const open = (body: JsonObject) => {
      const request = this.#post(messagesPath, body, call)
      const stream = this.#http.stream(request, (bytes, errors) => messagesEventsOf(bytes, errors, form), signal)
      return stream[Symbol.asyncIterator]()
    }
    let events: AsyncIterator<ChatEvent> | undefined
    return {
      next: async () => {
        if (events !== undefined) return events.next()
        const body = this.#request(call, true)
        events = open(body)
        try {
          return await events.next()
        } catch (error) {
          events = open(repaired(body, call, error))
          return events.next()
        }
      },
      return: async () => events?.return?.() ?? { done: true, value: undefined },
    }
  }

  #request(call: ChatCall, stream: boolean): JsonObject {
    return { ...messagesRequest(call, { defaultMaxTokens: this.#defaultMaxTokens }), stream }
  }

  #post(path: string, body: JsonObject, call: ChatCall): UpstreamRequest {
    const betas = [this.#betas, nativeMessages(call.native)?.headers['anthropic-beta']].filter(Boolean).join(',')
    return {
      method: 'POST',
      path,
      body: JSON.stringify(body),
      ...(betas === '' ? {} : { headers: { 'anthropic-beta': betas } }),
    }
  }

  #context(call: ChatCall): AnswerContext {
    return { created: Math.floor(this.#clock.now() / 1000), toolNames: toolNamesOf(call.request) }
  }
}

/** What to send instead of a request that was refused with `error`. Nothing of a refused one is billed. @throws error if nothing. */
function repaired(body: JsonObject, call: ChatCall, error: unknown): JsonObject {
  const request = refusesThinking(error) ? requestWithoutThinking(body, call.upstreamModel) : undefined
  if (request === undefined) throw error
  return request
}
