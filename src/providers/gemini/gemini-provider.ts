import { randomUUID } from 'node:crypto'
import type { Clock } from '../../routing/clock.ts'
import type { TokenUsage } from '../../routing/registry/token-price.ts'
import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
  type JsonObject,
} from '../chat-provider.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider, TokenCounter } from '../embedding-provider.ts'
import { UpstreamHttp, type UpstreamOptions, type UpstreamRequest } from '../http/upstream-http.ts'
import { systemTimers } from '../resilience/timers.ts'
import { type AskedOfGemini, geminiCompletion } from './gemini-answer.ts'
import { embeddingRequests, embeddingsOf } from './gemini-embeddings.ts'
import { geminiEventsOf } from './gemini-event-stream.ts'
import { resourceName, resourcePath } from './gemini-model.ts'
import { geminiRequest, serviceTier } from './gemini-request.ts'
import { parseGeminiUsage } from './gemini-usage.ts'

export const geminiBaseUrl = 'https://generativelanguage.googleapis.com/v1beta'

/** A list of models ends by then; one without end is a fault. */
const maxModelPages = 20

export interface GeminiOptions extends Omit<UpstreamOptions, 'baseUrl'> {
  /** Default: {@link geminiBaseUrl}. */
  readonly baseUrl?: string
  readonly apiKey?: string | undefined
}

/** Google's Gemini API. Models are named as there: `gemini-x`, `models/gemini-x`, `tunedModels/x`. */
export class GeminiProvider implements ChatProvider, EmbeddingProvider, TokenCounter {
  readonly #http: UpstreamHttp
  readonly #clock: Clock

  constructor(options: GeminiOptions) {
    const { apiKey, headers } = options
    this.#http = new UpstreamHttp({
      ...options,
      baseUrl: options.baseUrl ?? geminiBaseUrl,
      headers: { ...(apiKey === undefined ? {} : { 'x-goog-api-key': apiKey }), ...headers },
    })
    this.#clock = options.clock ?? systemTimers
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const request = post(`${resourcePath(call.upstreamModel)}:generateContent`, geminiRequest(call))
    const body = await this.#http.json(request, signal)
    const { errors } = this.#http
    if (body.error !== undefined && body.error !== null) throw errors.fromErrorObject(body.error)
    return geminiCompletion(body, this.#asked(call), errors)
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    let body: JsonObject
    try {
      body = geminiRequest(call)
    } catch (error) {
      return failedStream(error)
    }
    const request = post(`${resourcePath(call.upstreamModel)}:streamGenerateContent?alt=sse`, body)
    const asked = this.#asked(call)
    return this.#http.stream(request, (bytes, errors) => geminiEventsOf(bytes, errors, asked), signal)
  }

  async embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer> {
    const embeddings: (readonly number[])[] = []
    const usages: (TokenUsage | undefined)[] = []
    for (const body of embeddingRequests(call)) {
      const answer = await this.#http.json(post(`${resourcePath(call.upstreamModel)}:batchEmbedContents`, body), signal)
      const expected = Array.isArray(body.requests) ? body.requests.length : 0
      embeddings.push(...embeddingsOf(answer, expected, this.#http.errors))
      usages.push(parseGeminiUsage(answer.usageMetadata, { tools: [], serviceTier: undefined }))
    }
    return { embeddings, usage: sumOf(usages), reportedModel: undefined }
  }

  async countTokens(call: ChatCall, signal: AbortSignal): Promise<number> {
    const generateContentRequest = { model: resourceName(call.upstreamModel), ...geminiRequest(call) }
    const path = `${resourcePath(call.upstreamModel)}:countTokens`
    const { totalTokens } = await this.#http.json(post(path, { generateContentRequest }), signal)
    // JSON leaves out a zero.
    if (totalTokens === undefined) return 0
    if (typeof totalTokens !== 'number') throw this.#http.errors.invalid('The answer has no count of tokens')
    return totalTokens
  }

  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const models: string[] = []
    let pageToken = ''
    for (let page = 0; page < maxModelPages; page += 1) {
      const query = pageToken === '' ? '' : `&pageToken=${encodeURIComponent(pageToken)}`
      const body = await this.#http.json(
        { method: 'GET', path: `/models?pageSize=1000${query}`, body: undefined },
        signal,
      )
      for (const model of Array.isArray(body.models) ? body.models : []) {
        const name: unknown = isJsonObject(model) ? model.name : undefined
        if (typeof name === 'string') models.push(name.replace(/^models\//, ''))
      }
      if (typeof body.nextPageToken !== 'string' || body.nextPageToken === '') break
      pageToken = body.nextPageToken
    }
    return { models }
  }

  /** Ends calls under way with `aborted`. */
  close(): Promise<void> {
    return this.#http.close()
  }

  #asked(call: ChatCall): AskedOfGemini {
    return {
      fallbackId: randomUUID(),
      upstreamModel: call.upstreamModel,
      created: Math.floor(this.#clock.now() / 1000),
      onlyFirstCall: call.request.parallel_tool_calls === false,
      serviceTier: serviceTier(call.request),
      candidates: typeof call.request.n === 'number' ? call.request.n : 1,
    }
  }
}

function post(path: string, body: JsonObject): UpstreamRequest {
  return { method: 'POST', path, body: JSON.stringify(body) }
}

/** Faults are thrown by `next()`, also those found before anything is sent. */
function failedStream(error: unknown): AsyncIterable<ChatEvent> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }
}

/** Unknown as soon as one part is. */
function sumOf(usages: readonly (TokenUsage | undefined)[]): TokenUsage | undefined {
  let inputTokens = 0
  for (const usage of usages) {
    if (usage === undefined) return undefined
    inputTokens += usage.inputTokens
  }
  return usages.length === 0 ? undefined : { inputTokens, outputTokens: 0 }
}
