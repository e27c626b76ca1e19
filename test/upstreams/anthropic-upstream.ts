import { AnthropicRefusal, anthropicErrorBody, type Json } from './anthropic/anthropic-refusal.ts'
import { type FixtureModel, fixtureModels } from './anthropic/fixture-models.ts'
import { contentOf, questionOf, refusalStop, stopOf, streamOf } from './anthropic/messages-answers.ts'
import { checkMessagesRequest, thinks } from './anthropic/messages-request-rules.ts'
import { PromptCache } from './anthropic/prompt-cache.ts'
import { type FixtureAnswer, type FixtureRequest, FixtureUpstream } from './fixture-upstream.ts'
import { referenceAnswer } from './reference-llm.ts'

/**
 * Anthropic's Messages API, written from its documentation and its SDK's types: `/v1/messages`, `/v1/messages/count_tokens`,
 * `/v1/models`. Models: one of each generation, since newer ones refuse what older ones take. Any key will do. What it
 * says comes from {@link referenceAnswer}, except that `refuse …` is refused.
 */
export class AnthropicUpstream extends FixtureUpstream {
  /** Signatures of thinking that this server issued, by the model that thought. */
  readonly #signatures = new Map<string, string>()
  readonly #cache = new PromptCache()
  #answers = 0

  protected answer(request: FixtureRequest): FixtureAnswer {
    try {
      return this.#answer(request)
    } catch (error) {
      if (error instanceof AnthropicRefusal) return this.refuse(error.status, error.message)
      throw error
    }
  }

  protected errorBody(status: number, message: string): unknown {
    return anthropicErrorBody(status, message)
  }

  #answer({ method, path, headers, body }: FixtureRequest): FixtureAnswer {
    if (headers['x-api-key'] === undefined && headers.authorization === undefined) {
      throw new AnthropicRefusal(401, 'x-api-key header is required')
    }
    if (headers['anthropic-version'] === undefined) {
      throw new AnthropicRefusal(400, 'anthropic-version: header is required')
    }
    switch (`${method} ${path.split('?')[0]}`) {
      case 'GET /v1/models':
        return { status: 200, json: { data: [...fixtureModels.keys()].map(modelInfo), has_more: false } }
      case 'POST /v1/messages':
        return this.#message(body)
      case 'POST /v1/messages/count_tokens':
        return this.#count(body)
      default:
        throw new AnthropicRefusal(404, `Not Found: ${method} ${path}`)
    }
  }

  #count(body: Json): FixtureAnswer {
    const model = modelOf(body)
    checkMessagesRequest(body, model, (signature) => this.#thinkingFault(signature, body, model), true)
    const { inputTokens } = referenceAnswer(questionOf(body, thinks(body, model)))
    return { status: 200, json: { input_tokens: inputTokens } }
  }

  /** Which models bind their thinking is not documented of all; here those without budgets do. */
  #thinkingFault(signature: string, body: Json, { budget }: FixtureModel): string | undefined {
    const thinker = this.#signatures.get(signature)
    if (thinker === undefined) return 'Invalid `signature` in `thinking` block'
    return budget || thinker === body.model ? undefined : 'The block is bound to a different model'
  }

  #message(body: Json): FixtureAnswer {
    const model = modelOf(body)
    checkMessagesRequest(body, model, (signature) => this.#thinkingFault(signature, body, model), false)
    const question = questionOf(body, thinks(body, model))
    const answer = referenceAnswer(question)
    const refused = question.userText.startsWith('refuse ')
    this.#answers += 1
    const signature = Buffer.from(`thinking ${this.#answers}`).toString('base64')
    this.#signatures.set(signature, String(body.model))
    const stop = refused ? refusalStop : stopOf(answer)
    const usage = {
      ...this.#cache.usageOf(body, answer.inputTokens),
      output_tokens: answer.outputTokens,
      output_tokens_details: { thinking_tokens: answer.reasoningTokens },
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: 'global',
      speed: 'standard',
    }
    const message = {
      id: `msg_fixture${this.#answers}`,
      type: 'message',
      role: 'assistant',
      model: String(body.model),
      content: refused ? [] : contentOf(answer, this.#answers, signature, showsThinking(body, model)),
      ...stop,
      container: null,
      diagnostics: null,
      usage,
    }
    const headers = { 'request-id': `req_fixture${this.#answers}` }
    if (body.stream !== true) return { status: 200, json: message, headers }
    return { contentType: 'text/event-stream; charset=utf-8', pieces: streamOf(message, stop, usage), headers }
  }
}

/** Models without budgets keep their thinking to themselves unless asked. */
function showsThinking({ thinking }: Json, { budget }: FixtureModel): boolean {
  const display = (thinking as { readonly display?: unknown } | undefined)?.display
  return display === undefined || display === null ? budget : display === 'summarized'
}

function modelOf({ model }: Json): FixtureModel {
  if (typeof model !== 'string') throw new AnthropicRefusal(400, 'model: Field required')
  const known = fixtureModels.get(model)
  if (known === undefined) throw new AnthropicRefusal(404, `model: ${model}`)
  return known
}

function modelInfo(id: string): Json {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }
}
