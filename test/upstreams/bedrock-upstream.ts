import { BedrockRefusal, invalid, isJson, type Json } from './bedrock/bedrock-refusal.ts'
import { contentOf, framesOf, questionOf, stopOf } from './bedrock/converse-answers.ts'
import { checkConverseRequest, thinks } from './bedrock/converse-request-rules.ts'
import { exception } from './bedrock/event-frame.ts'
import { type BedrockModel, fixtureModels, modelOf } from './bedrock/fixture-models.ts'
import { checkSignature, type FixtureCredentials } from './bedrock/signature-check.ts'
import { type FixtureAnswer, type FixtureRequest, FixtureUpstream } from './fixture-upstream.ts'
import { referenceAnswer } from './reference-llm.ts'

/** Prompts of more characters do not fit. */
const maxPromptChars = 400_000

/**
 * Amazon Bedrock: Converse, ConverseStream and the lists of models and inference profiles, at one address. Written from the types
 * of AWS's client; the texts of its refusals are those its users quote. Signatures are verified. It is stricter than AWS in that it
 * takes no field it does not know.
 *
 * What it says comes from {@link referenceAnswer}. A guardrail steps in at `guard …`, answers to `garble …` are unreadable calls,
 * streams of `throttle …` end in an exception. What was marked by a cache point is written first, and read from then on.
 */
export class BedrockUpstream extends FixtureUpstream {
  readonly region = 'us-east-1'
  readonly credentials: FixtureCredentials = {
    accessKeyId: 'AKIAREFERENCE',
    secretAccessKey: 'reference/secret+key',
    sessionToken: 'reference//session+token==',
  }
  readonly bearerToken = 'bedrock-api-key-reference'
  /** Of one page of the list of inference profiles. */
  profilesPerPage = 3
  readonly #proofs = new Set<string>()
  readonly #cached = new Set<string>()
  #answers = 0

  protected answer(request: FixtureRequest): FixtureAnswer {
    try {
      this.#requireCredentials(request)
      return this.#route(request)
    } catch (error) {
      if (!(error instanceof BedrockRefusal)) throw error
      const { status, type, message } = error
      return { status, json: { message }, headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` } }
    }
  }

  protected errorBody(_status: number, message: string): unknown {
    return { message }
  }

  #requireCredentials(request: FixtureRequest): void {
    const { authorization } = request.headers
    if (authorization?.startsWith('Bearer ') !== true) {
      checkSignature(request, this.region, this.credentials)
      return
    }
    if (authorization === `Bearer ${this.bearerToken}`) return
    const message = 'Authentication failed: Please make sure your API Key is valid.'
    throw new BedrockRefusal(403, 'AccessDeniedException', message)
  }

  #route({ method, path, body }: FixtureRequest): FixtureAnswer {
    const { pathname, searchParams } = new URL(path, this.origin)
    if (method === 'GET' && pathname === '/foundation-models') {
      return { status: 200, json: { modelSummaries: [...fixtureModels.keys()].map((modelId) => ({ modelId })) } }
    }
    if (method === 'GET' && pathname === '/inference-profiles') return this.#profiles(searchParams)
    const [, name = '', operation] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(pathname) ?? []
    if (method !== 'POST' || operation === undefined) {
      throw new BedrockRefusal(404, 'UnknownOperationException', 'Unable to determine service/operation name')
    }
    const model = modelOf(decodeURIComponent(name))
    if (model === undefined) throw invalid('The provided model identifier is invalid.')
    return this.#converse(body, model, operation === 'converse-stream')
  }

  #profiles(query: URLSearchParams): FixtureAnswer {
    const all = [...fixtureModels.keys()].map((id) => ({ inferenceProfileId: `us.${id}`, type: 'SYSTEM_DEFINED' }))
    const start = Number(query.get('nextToken')?.replace('from=', '') ?? 0)
    const end = start + Math.min(this.profilesPerPage, Number(query.get('maxResults') ?? 1000))
    const next = end < all.length ? { nextToken: `from=${end}` } : {}
    return { status: 200, json: { inferenceProfileSummaries: all.slice(start, end), ...next } }
  }

  #converse(body: Json, model: BedrockModel, streams: boolean): FixtureAnswer {
    checkConverseRequest(body, model, (proof) => this.#proofs.has(`${model.family} ${proof}`))
    const question = questionOf(body, thinks(body, model))
    if (question.promptChars > maxPromptChars) throw invalid('Input is too long for requested model.')
    const answer = referenceAnswer(question)
    this.#answers += 1
    const proof = Buffer.from(`thinking ${this.#answers}`).toString('base64')
    this.#proofs.add(`${model.family} ${proof}`)
    const content = contentOf(answer, this.#answers, proof, model)
    const stop = stopOf(body, answer, specialStop(question.userText))
    const metadata = {
      usage: this.#usage(body, answer.inputTokens, answer.outputTokens),
      metrics: { latencyMs: 7 },
      ...(isJson(body.serviceTier) ? { serviceTier: body.serviceTier } : {}),
    }
    if (!streams) {
      return { status: 200, json: { output: { message: { role: 'assistant', content } }, ...stop, ...metadata } }
    }
    const frames = framesOf(content, stop, metadata)
    const throttled = question.userText.startsWith('throttle ')
    const fault = exception('throttlingException', { message: 'Too many tokens, please wait before trying again.' })
    const pieces = throttled ? [...frames.slice(0, 3), fault] : frames
    return { contentType: 'application/vnd.amazon.eventstream', pieces }
  }

  /** By AWS's guide, `inputTokens` leaves out what was written to the cache or read from it. */
  #usage(body: Json, inputTokens: number, outputTokens: number): Json {
    const text = JSON.stringify([body.system ?? '', body.toolConfig ?? '', body.messages])
    const totalTokens = inputTokens + outputTokens
    if (!text.includes('"cachePoint"')) return { inputTokens, outputTokens, totalTokens }
    const prefix = text.slice(0, text.indexOf('"cachePoint"'))
    const marked = Math.min(inputTokens - 1, Math.ceil(prefix.length / 4))
    const isRead = this.#cached.has(prefix)
    this.#cached.add(prefix)
    return {
      inputTokens: inputTokens - marked,
      outputTokens,
      totalTokens,
      cacheReadInputTokens: isRead ? marked : 0,
      cacheWriteInputTokens: isRead ? 0 : marked,
      ...(isRead ? {} : { cacheDetails: [{ ttl: text.includes('"ttl":"1h"') ? '1h' : '5m', inputTokens: marked }] }),
    }
  }
}

function specialStop(userText: string): string | undefined {
  if (userText.startsWith('guard ')) return 'guardrail_intervened'
  return userText.startsWith('garble ') ? 'malformed_tool_use' : undefined
}
