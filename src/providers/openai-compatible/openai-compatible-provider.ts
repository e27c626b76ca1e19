import {
  type ChatCall,
  type ChatCompletion,
  type ChatEvent,
  type ChatProvider,
  isJsonObject,
  type JsonObject,
} from '../chat-provider.ts'
import { UpstreamHttp, type UpstreamOptions, type UpstreamRequest } from '../http/upstream-http.ts'
import { withServiceTier } from '../service-tier.ts'
import { chatEventsOf } from './chat-event-stream.ts'
import type { OpenAiDialect } from './presets.ts'
import { parseUsage } from './usage.ts'

export interface OpenAiCompatibleOptions extends UpstreamOptions {
  /** Sent as a bearer token; left out for servers that need none. */
  readonly apiKey?: string | undefined
  readonly dialect?: OpenAiDialect
}

/**
 * Any upstream that speaks OpenAI's chat completions over HTTP. Requests travel on as they came, unknown fields too;
 * the answer is kept as the upstream wrote it. Connections are kept alive; an aborted call closes its own.
 */
export class OpenAiCompatibleProvider implements ChatProvider {
  readonly #http: UpstreamHttp
  readonly #dialect: OpenAiDialect

  constructor(options: OpenAiCompatibleOptions) {
    const { apiKey, headers } = options
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    this.#http = new UpstreamHttp({ ...options, headers: { ...authorization, ...headers } })
    this.#dialect = options.dialect ?? {}
  }

  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatCompletion> {
    const body = await this.#http.json(this.#chatRequest(call, false), signal)
    const { errors } = this.#http
    // OpenRouter reports failures of the upstreams behind it with status 200.
    if (body.error !== undefined && body.error !== null) throw errors.fromErrorObject(body.error)
    if (!Array.isArray(body.choices) || body.choices.length === 0) throw errors.invalid('The answer has no choices')
    const { model } = body
    return {
      body,
      usage: withServiceTier(parseUsage(body.usage), body.service_tier),
      reportedModel: typeof model === 'string' && model !== '' ? model : undefined,
    }
  }

  stream(call: ChatCall, signal: AbortSignal): AsyncIterable<ChatEvent> {
    return this.#http.stream(this.#chatRequest(call, true), chatEventsOf, signal)
  }

  async probe(signal: AbortSignal): Promise<{ readonly models: readonly string[] }> {
    const body = await this.#http.json({ method: 'GET', path: '/models', body: undefined }, signal)
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
    const body: JsonObject = { ...call.request, model: call.upstreamModel, stream }
    if (call.reasoningEffort !== undefined) body.reasoning_effort = call.reasoningEffort
    const { outputCapParameter, refusesStreamOptions } = this.#dialect
    if (outputCapParameter !== undefined) renameOutputCap(body, outputCapParameter)
    if (refusesStreamOptions === true || !stream) delete body.stream_options
    else
      body.stream_options = { ...(isJsonObject(body.stream_options) ? body.stream_options : {}), include_usage: true }
    return { method: 'POST', path: '/chat/completions', body: JSON.stringify(body) }
  }
}

/** With both names given, the tighter cap: the looser one could cost more than the caller allowed. */
function renameOutputCap(body: JsonObject, name: 'max_tokens' | 'max_completion_tokens'): void {
  const other = name === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  if (body[other] === undefined) return
  const [own, renamed] = [body[name], body[other]]
  body[name] = typeof own === 'number' && typeof renamed === 'number' ? Math.min(own, renamed) : (own ?? renamed)
  delete body[other]
}
