import { type FixtureAnswer, type FixtureRequest, FixtureUpstream } from './fixture-upstream.ts'
import { generateAnswer } from './gemini/gemini-answers.ts'
import { batchEmbedRequest, countTokensRequest, generateContentRequest } from './gemini/gemini-messages.ts'
import { badKey, GeminiRefusal, invalid, isJson, type Json } from './gemini/gemini-refusal.ts'
import { list, readGenerateRequest } from './gemini/gemini-request-rules.ts'
import { readMessage } from './gemini/proto-json.ts'
import { referenceAnswer } from './reference-llm.ts'

export interface GeminiUpstreamOptions {
  /** Default `AIza-reference`. */
  readonly apiKey?: string
  /** Models it has; those with `embedding` in their name embed. Their generation is read off their name. */
  readonly models?: readonly string[]
}

/**
 * Google's Gemini API (v1beta): `generateContent`, `streamGenerateContent?alt=sse`, `countTokens`, `batchEmbedContents` and
 * the list of models. Written from its reference and the types of `@google/genai`; it refuses what Google refuses, in the
 * words its users quote where they are known.
 *
 * What it says comes from {@link referenceAnswer}. Prompts that begin with `block ` are blocked, answers to `filter …` are
 * withheld, to `garble …` end in a malformed call. A second prompt with the same system instruction is half read from cache.
 */
export class GeminiUpstream extends FixtureUpstream {
  readonly apiKey: string
  readonly models: readonly string[]
  /** Of one page of the list of models. */
  modelsPerPage = 1000
  /** Older surfaces of the API do not count what they embed. */
  countsEmbedded = true
  readonly #seen = new Set<string>()
  #answers = 0

  constructor(options: GeminiUpstreamOptions = {}) {
    super()
    this.apiKey = options.apiKey ?? 'AIza-reference'
    this.models = options.models ?? [
      'gemini-3-flash-preview',
      'gemini-3.8-flash',
      'gemini-2.5-flash',
      'gemini-2.5-pro',
      'gemini-embedding-001',
    ]
  }

  /** For clients: with the version. */
  get baseUrl(): string {
    return `${this.origin}/v1beta`
  }

  protected answer(request: FixtureRequest): FixtureAnswer | Promise<FixtureAnswer> {
    try {
      const url = new URL(request.path, this.origin)
      this.#requireKey(request, url)
      return this.#route(request, url)
    } catch (error) {
      if (error instanceof GeminiRefusal) return { status: error.status, json: error.body }
      throw error
    }
  }

  protected errorBody(status: number, message: string): unknown {
    return new GeminiRefusal(status, message).body
  }

  #requireKey({ headers }: FixtureRequest, url: URL): void {
    const key = headers['x-goog-api-key'] ?? url.searchParams.get('key')
    if (key === null) {
      throw new GeminiRefusal(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      )
    }
    if (key !== this.apiKey) throw badKey()
  }

  #route({ method, body }: FixtureRequest, url: URL): FixtureAnswer {
    const path = url.pathname.replace(/^\/v1beta\//, '')
    if (method === 'GET' && path === 'models') return this.#list(url)
    const [, model = '', verb = ''] = /^models\/([^/:]+):(\w+)$/.exec(path) ?? []
    if (method !== 'POST' || verb === '') throw new GeminiRefusal(404, 'Requested entity was not found.')
    const embeds = model.includes('embedding')
    if (!this.models.includes(model) || embeds !== (verb === 'batchEmbedContents')) {
      throw new GeminiRefusal(
        404,
        `models/${model} is not found for API version v1beta, or is not supported for ${verb}. Call ListModels to see the list of available models and their supported methods.`,
      )
    }
    switch (verb) {
      case 'generateContent':
        return this.#generate(body, model, false)
      case 'streamGenerateContent':
        if (url.searchParams.get('alt') !== 'sse') throw invalid('Streams are only played as server-sent events here.')
        return this.#generate(body, model, true)
      case 'countTokens':
        return countTokens(body, model)
      case 'batchEmbedContents':
        return embed(body, model, this.countsEmbedded)
      default:
        throw new GeminiRefusal(404, 'Requested entity was not found.')
    }
  }

  #generate(body: Json, model: string, streamed: boolean): FixtureAnswer {
    const generation = generationOf(model)
    const question = readGenerateRequest(readMessage(body, generateContentRequest), generation, isPro(model))
    const answered = referenceAnswer(question)
    const cached = question.systemText !== '""' && this.#seen.has(question.systemText)
    this.#seen.add(question.systemText)
    this.#answers += 1
    const thought = {
      ...answered,
      question,
      responseId: `ref-${String(this.#answers).padStart(6, '0')}`,
      modelVersion: `${model}-001`,
      signs: generation >= 3,
      cachedTokens: cached ? Math.floor(answered.inputTokens / 2) : 0,
    }
    return generateAnswer(thought, streamed)
  }

  #list(url: URL): FixtureAnswer {
    const size = Math.min(this.modelsPerPage, Number(url.searchParams.get('pageSize') ?? 50))
    const start = Number(url.searchParams.get('pageToken') ?? 0)
    const models = this.models.slice(start, start + size).map((name) => ({
      name: `models/${name}`,
      supportedGenerationMethods: [name.includes('embedding') ? 'embedContent' : 'generateContent'],
    }))
    const more = start + size < this.models.length
    return { status: 200, json: { models, ...(more ? { nextPageToken: String(start + size) } : {}) } }
  }
}

function generationOf(model: string): number {
  return Number(/^gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1] ?? 99)
}

function isPro(model: string): boolean {
  return /^gemini-[\d.]+-pro/.test(model)
}

function countTokens(body: Json, model: string): FixtureAnswer {
  const { contents, generateContentRequest: whole } = readMessage(body, countTokensRequest)
  if (contents !== undefined && whole !== undefined)
    throw invalid('contents and generate_content_request are exclusive')
  const request = isJson(whole) ? whole : { contents }
  if (isJson(whole) && whole.model !== `models/${model}`) throw invalid('The model of the request is another one.')
  const question = readGenerateRequest(request, generationOf(model), isPro(model))
  const totalTokens = referenceAnswer(question).inputTokens
  return { status: 200, json: { totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] } }
}

/** Vectors of three (or as many as asked) numbers that tell texts apart. */
function embed(body: Json, model: string, counted: boolean): FixtureAnswer {
  const requests = list(readMessage(body, batchEmbedRequest).requests)
  if (requests.length === 0) throw invalid('* BatchEmbedContentsRequest.requests: requests is not specified\n')
  if (requests.length > 100) {
    throw invalid('* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n')
  }
  let promptTokenCount = 0
  const embeddings = requests.map((request) => {
    if (request.model !== `models/${model}`) throw invalid('The model of a request is another one.')
    const parts = isJson(request.content) ? list(request.content.parts) : []
    const text = parts.map((part) => (typeof part.text === 'string' ? part.text : '')).join('')
    if (text === '') throw invalid('* EmbedContentRequest.content: content is empty\n')
    promptTokenCount += Math.ceil(text.length / 4)
    const length = Number(request.outputDimensionality ?? 3)
    return { values: Array.from({ length }, (_, index) => ((sumOf(text) + index * 7) % 97) / 97) }
  })
  const usageMetadata = { promptTokenCount, promptTokenDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }] }
  return { status: 200, json: { embeddings, ...(counted ? { usageMetadata } : {}) } }
}

function sumOf(text: string): number {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) sum += (index + 1) * text.charCodeAt(index)
  return sum
}
