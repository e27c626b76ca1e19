import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
  type JsonObject,
} from '../chat-provider.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider } from '../embedding-provider.ts'
import { UpstreamHttp, type UpstreamOptions, type UpstreamRequest } from '../http/upstream-http.ts'
import { withServiceTier } from '../service-tier.ts'
import { ChatBodyWriter } from './chat-body.ts'
import { chatEventsOf } from './chat-event-stream.ts'
import { withPlainChunks, withPlainContent } from './content-chunks.ts'
import { embeddingAnswerOf, embeddingBody } from './embedding-answer.ts'
import type { OpenAiDialect } from './openai-dialect.ts'
import { asksForSearch, citesPages, withSearchFee } from './search-fees.ts'
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
    const sent = this.#bodies.bodyOf(call, false)
    const body = await this.#http.json(this.#chatRequest(call, sent), signal)
    const { errors } = this.#http
    // OpenRouter reports failures of the upstreams behind it with status 200.
    if (body.error !== undefined && body.error !== null) throw errors.fromErrorObject(body.error)
    const choices = answeredChoices(body)
    if (choices === undefined) throw errors.invalid('The answer has no choices')
    if (isDeeper(body, maxDepth)) throw errors.invalid(`The answer is nested deeper than ${maxDepth} levels`)
    const { model } = body
    const usage = withServiceTier(parseUsage(body.usage), body.service_tier)
    const searched = asksForSearch(sent) || choices.some(({ message }) => isJsonObject(message) && citesPages(message))
    return {
      body: this.#dialect.contentChunks === true ? withPlainContent(body) : body,
      usage: searched ? withSearchFee(usage) : usage,
      reportedModel: typeof model === 'string' && model !== '' ? model : undefined,
    }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    const sent = this.#bodies.bodyOf(call, true)
    const searches = asksForSearch(sent)
    const { contentChunks } = this.#dialect
    return this.#http.stream(
      this.#chatRequest(call, sent),
      (bytes, errors) => {
        const events = chatEventsOf(bytes, errors, searches)
        return contentChunks === true ? withPlainChunks(events) : events
      },
      signal,
    )
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

  #chatRequest({ upstreamModel }: ChatCall, body: JsonObject): UpstreamRequest {
    return { method: 'POST', path: this.#pathOf('/chat/completions', upstreamModel), body: JSON.stringify(body) }
  }
}

/** Deeper than any real answer: what comes of it is read and written by recursion, here and at the caller. */
const maxDepth = 100

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

/** Undefined where there is none, or one that is none. */
function answeredChoices({ choices }: JsonObject): readonly JsonObject[] | undefined {
  return Array.isArray(choices) && choices.length > 0 && choices.every(isJsonObject) ? choices : undefined
}
