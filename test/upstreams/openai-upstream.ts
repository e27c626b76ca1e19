import { type FixtureAnswer, type FixtureRequest, FixtureUpstream } from './fixture-upstream.ts'
import { chatAnswer } from './openai/chat-answers.ts'
import { readChatRequest } from './openai/chat-request-rules.ts'
import { embeddingAnswer } from './openai/embedding-answers.ts'
import { type Json, OpenAiRefusal } from './openai/openai-refusal.ts'
import { responsesAnswer } from './openai/responses-answers.ts'
import { readResponsesRequest } from './openai/responses-request-rules.ts'
import { type ReferenceQuestion, referenceAnswer } from './reference-llm.ts'

export interface OpenAiUpstreamOptions {
  /** The bearer key it takes. Default `sk-reference`. */
  readonly apiKey?: string
  /**
   * Models it has; those with `reasoning` in their name reason, those with `embedding` embed. Default `ref-chat`,
   * `ref-reasoning`, `ref-embedding`.
   */
  readonly models?: readonly string[]
}

/**
 * OpenAI's chat completions, Responses, embeddings and list of models under `/v1`, as strict as OpenAI: written from its API
 * reference and the types of its SDK; the texts of its refusals are those its users quote. What it says comes from
 * {@link referenceAnswer}, except that `refuse …` is refused.
 *
 * Unlike OpenAI it refuses `conversation`, `background` and hosted tools other than `web_search`, which it never calls.
 */
export class OpenAiUpstream extends FixtureUpstream {
  readonly apiKey: string
  readonly models: readonly string[]
  readonly #stored = new Map<string, readonly Json[]>()
  readonly #ciphers = new Set<string>()
  readonly #cacheKeys = new Set<unknown>()
  #answers = 0

  constructor(options: OpenAiUpstreamOptions = {}) {
    super()
    this.apiKey = options.apiKey ?? 'sk-reference'
    this.models = options.models ?? ['ref-chat', 'ref-reasoning', 'ref-embedding']
  }

  /** For clients: with the version. */
  get baseUrl(): string {
    return `${this.origin}/v1`
  }

  protected answer(request: FixtureRequest): FixtureAnswer {
    try {
      this.requireKey(request)
      return this.route(request.method, new URL(request.path, this.origin).pathname.replace(/^\/v1/, ''), request.body)
    } catch (error) {
      if (error instanceof OpenAiRefusal) return { status: error.status, json: error.body }
      throw error
    }
  }

  protected errorBody(status: number, message: string): unknown {
    const code = status === 429 ? 'rate_limit_exceeded' : null
    return new OpenAiRefusal(message, { status, code }).body
  }

  protected requireKey({ headers }: FixtureRequest): void {
    if (headers.authorization === `Bearer ${this.apiKey}`) return
    throw new OpenAiRefusal('Incorrect API key provided.', { status: 401, code: 'invalid_api_key' })
  }

  protected route(method: string, path: string, body: Json): FixtureAnswer {
    if (method === 'GET' && path === '/models')
      return { status: 200, json: { object: 'list', data: this.models.map(modelOf) } }
    if (method === 'GET' && path.startsWith('/models/')) {
      return { status: 200, json: modelOf(this.#requireModel(decodeURIComponent(path.slice('/models/'.length)))) }
    }
    if (method === 'POST' && path === '/chat/completions') return this.chat(body)
    if (method === 'POST' && path === '/responses') return this.responses(body)
    if (method === 'POST' && path === '/embeddings') {
      this.#requireModel(body.model, 'embedding')
      return embeddingAnswer(body)
    }
    throw new OpenAiRefusal(`Invalid URL (${method} ${path})`, { status: 404 })
  }

  protected chat(body: Json): FixtureAnswer {
    const model = this.#requireModel(body.model)
    const question = readChatRequest(body, reasons(model))
    return chatAnswer(body, { ...this.#think(body, question, 'chatcmpl'), model: dated(model) })
  }

  protected responses(body: Json): FixtureAnswer {
    const model = this.#requireModel(body.model)
    const memory = { stored: this.#stored, ciphers: this.#ciphers }
    const question = readResponsesRequest(body, reasons(model), memory)
    const thought = this.#think(body, question, 'resp')
    const cipher = `gAAAA${Buffer.from(`${thought.id} ${thought.reasoning}`).toString('base64')}`
    this.#ciphers.add(cipher)
    const { answer, output } = responsesAnswer(body, { ...thought, model: dated(model), cipher })
    if (body.store !== false) {
      // Stored reasoning can be read again without being told its cipher.
      const kept = output.map((item) => (item.type === 'reasoning' ? { ...item, encrypted_content: cipher } : item))
      this.#stored.set(thought.id, [...question.items, ...kept])
    }
    return answer
  }

  #think(body: Json, question: ReferenceQuestion, prefix: string) {
    const key = body.prompt_cache_key
    const cached = key !== undefined && key !== null && this.#cacheKeys.has(key)
    this.#cacheKeys.add(key)
    this.#answers += 1
    const said = referenceAnswer(question)
    return {
      ...said,
      id: `${prefix}_ref${String(this.#answers).padStart(6, '0')}`,
      // The second prompt under one cache key has been read half before.
      cachedTokens: cached ? Math.floor(said.inputTokens / 2) : 0,
      refusal: question.userText.startsWith('refuse ') ? "I'm sorry, I can't help with that." : undefined,
    }
  }

  #requireModel(model: unknown, kind?: 'embedding'): string {
    if (model === undefined) {
      throw new OpenAiRefusal('you must provide a model parameter', {
        code: 'missing_required_parameter',
        param: 'model',
      })
    }
    if (typeof model === 'string' && this.models.includes(model)) {
      if (kind !== undefined && !model.includes(kind)) {
        throw new OpenAiRefusal(`This is not an embedding model: ${model}`, { status: 403, code: 'model_not_found' })
      }
      return model
    }
    const message = `The model \`${typeof model === 'string' ? model : JSON.stringify(model)}\` does not exist or you do not have access to it.`
    throw new OpenAiRefusal(message, { status: 404, code: 'model_not_found' })
  }
}

function reasons(model: string): boolean {
  return model.includes('reasoning')
}

/** OpenAI answers with the dated name of a model. */
function dated(model: string): string {
  return `${model}-2026-08-01`
}

function modelOf(id: string) {
  return { id, object: 'model', created: 1_780_000_000, owned_by: 'reference' }
}
