import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
} from '../chat-provider.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider } from '../embedding-provider.ts'
import type { UpstreamErrors } from '../http/upstream-errors.ts'
import { UpstreamHttp, type UpstreamOptions, type UpstreamRequest } from '../http/upstream-http.ts'
import { withServiceTier } from '../service-tier.ts'
import { ChatBodyWriter } from './chat-body.ts'
import { chatEventsOf } from './chat-event-stream.ts'
import { withPlainChunks, withPlainContent } from './content-chunks.ts'
import { embeddingAnswerOf, embeddingBody } from './embedding-answer.ts'
import type { OpenAiDialect } from './openai-dialect.ts'
import { parseUsage } from './usage.ts'

export interface OpenAiCompatibleOptions extends UpstreamOptions {
  /** Sent as a bearer token; left out for servers that need none. */
  readonly apiKey?: string | undefined
  readonly dialect?: OpenAiDialect
  /** Below the base URL, where an operation of a model is. Default: the operation. */
  readonly pathOf?: (operation: OpenAiOperation, model: string) => string
}

export type OpenAiOperation = '/chat/completions' | '/embeddings' | '/models'

/**
 * Any upstream that speaks OpenAI's chat completions over HTTP. Requests travel on as they came, unknown fields too, save
 * for what the dialect is known to refuse; the answer is kept as the upstream wrote it. Connections are kept alive; an
 * aborted call closes its own.
 */
export class OpenAiCompatibleProvider implements ChatProvider, EmbeddingProvider {
  readonly #http: UpstreamHttp
  readonly #dialect: OpenAiDialect
  readonly #bodies: ChatBodyWriter
  readonly #pathOf: (operation: OpenAiOperation, model: string) => string

  constructor(options: OpenAiCompatibleOptions) {
    const { apiKey, headers } = options
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    this.#http = new UpstreamHttp({ ...options, headers: { ...authorization, ...headers } })
    this.#dialect = options.dialect ?? {}
    this.#bodies = new ChatBodyWriter(this.#dialect)
    this.#pathOf = options.pathOf ?? ((operation) => operation)
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const body = await this.#http.json(this.#chatRequest(call, false), signal)
    const { errors } = this.#http
    // OpenRouter reports failures of the upstreams behind it with status 200.
    if (body.error !== undefined && body.error !== null) throw errors.fromErrorObject(body.error)
    if (!Array.isArray(body.choices) || body.choices.length === 0) throw errors.invalid('The answer has no choices')
    const { model } = body
    return {
      body: this.#dialect.contentChunks === true ? withPlainContent(body) : body,
      usage: withServiceTier(parseUsage(body.usage), body.service_tier),
      reportedModel: typeof model === 'string' && model !== '' ? model : undefined,
    }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    const decode = this.#dialect.contentChunks === true ? plainChatEventsOf : chatEventsOf
    return this.#http.stream(this.#chatRequest(call, true), decode, signal)
  }

  async embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer> {
    const { errors } = this.#http
    const body = JSON.stringify(embeddingBody(call, this.#dialect))
    const answer = await this.#http.json(
      { method: 'POST', path: this.#pathOf('/embeddings', call.upstreamModel), body },
      signal,
    )
    if (answer.error !== undefined && answer.error !== null) throw errors.fromErrorObject(answer.error)
    return embeddingAnswerOf(answer, call.input.length, errors)
  }

  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const body = await this.#http.json({ method: 'GET', path: this.#pathOf('/models', ''), body: undefined }, signal)
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

  #chatRequest(call: ChatCall, stream: boolean): UpstreamRequest {
    const path = this.#pathOf('/chat/completions', call.upstreamModel)
    return { method: 'POST', path, body: JSON.stringify(this.#bodies.bodyOf(call, stream)) }
  }
}

async function* plainChatEventsOf(bytes: AsyncIterable<Uint8Array>, errors: UpstreamErrors) {
  yield* withPlainChunks(chatEventsOf(bytes, errors))
}
