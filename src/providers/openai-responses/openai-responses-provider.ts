import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
} from '../chat-provider.ts'
import type { EmbeddingAnswer, EmbeddingCall, EmbeddingProvider } from '../embedding-provider.ts'
import { UpstreamHttp, type UpstreamOptions, type UpstreamRequest } from '../http/upstream-http.ts'
import { embeddingAnswerOf, embeddingBody } from '../openai-compatible/embedding-answer.ts'
import { completionOfResponse, nativeCompletion } from './responses-answer.ts'
import { nativeResponsesEvents, neutralResponsesEvents } from './responses-event-stream.ts'
import { responsesRequest } from './responses-request.ts'

export interface OpenAiResponsesOptions extends UpstreamOptions {
  /** Sent as a bearer token; left out for servers that need none. */
  readonly apiKey?: string | undefined
}

/**
 * OpenAI's Responses API. Nothing is stored there unless a request asks for it; reasoning travels with the conversation,
 * encrypted. Calls in the same dialect pass as they are, and so do their answers.
 */
export class OpenAiResponsesProvider implements ChatProvider, EmbeddingProvider {
  readonly #http: UpstreamHttp

  constructor(options: OpenAiResponsesOptions) {
    const { apiKey, headers } = options
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    this.#http = new UpstreamHttp({ ...options, headers: { ...authorization, ...headers } })
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const response = await this.#http.json(postOf(call, false), signal)
    const { errors } = this.#http
    return isNative(call) ? nativeCompletion(response, errors) : completionOfResponse(response, errors)
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return this.#http.stream(
      postOf(call, true),
      isNative(call) ? nativeResponsesEvents : neutralResponsesEvents,
      signal,
    )
  }

  /** The same endpoint serves whichever API the chats use. */
  async embed(call: EmbeddingCall, signal: AbortSignal): Promise<EmbeddingAnswer> {
    const body = JSON.stringify(embeddingBody(call, {}))
    const answer = await this.#http.json({ method: 'POST', path: '/embeddings', body }, signal)
    return embeddingAnswerOf(answer, call.input.length, this.#http.errors)
  }

  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const body = await this.#http.json({ method: 'GET', path: '/models', body: undefined }, signal)
    const list: readonly unknown[] = Array.isArray(body.data) ? body.data : []
    return { models: list.flatMap((entry) => (isJsonObject(entry) && typeof entry.id === 'string' ? [entry.id] : [])) }
  }

  /** Ends calls under way with `aborted`. */
  close(): Promise<void> {
    return this.#http.close()
  }
}

function isNative(call: ChatCall): boolean {
  return call.native?.dialect === 'responses'
}

function postOf(call: ChatCall, stream: boolean): UpstreamRequest {
  return { method: 'POST', path: '/responses', body: JSON.stringify(responsesRequest(call, stream)) }
}
