import { type FixtureAnswer, sse } from '../fixture-upstream.ts'
import { pieces, type ReferenceAnswer } from '../reference-llm.ts'
import type { Json } from './openai-refusal.ts'

export interface ChatAnswer extends ReferenceAnswer {
  readonly id: string
  readonly model: string
  readonly cachedTokens: number
  /** Instead of any text. */
  readonly refusal: string | undefined
}

const finishReasons = { stop: 'stop', stop_sequence: 'stop', length: 'length', tool_calls: 'tool_calls' } as const
const created = 1_790_000_000

/** The answer of `POST /chat/completions` to what the mind said. */
export function chatAnswer(request: Json, answer: ChatAnswer): FixtureAnswer {
  const choices = typeof request.n === 'number' ? request.n : 1
  const usage = usageOf(answer, choices)
  const head = {
    id: answer.id,
    created,
    model: answer.model,
    service_tier:
      request.service_tier === 'flex' || request.service_tier === 'priority' ? request.service_tier : 'default',
    system_fingerprint: 'fp_reference',
  }
  if (request.stream === true)
    return { contentType: 'text/event-stream; charset=utf-8', pieces: stream(request, head, answer, choices) }
  const list = Array.from({ length: choices }, (_, index) => ({
    index,
    message: messageOf(request, answer),
    finish_reason: finishReasonOf(request, answer),
    logprobs: request.logprobs === true ? { content: logprobsOf(request, pieces(answer.text)), refusal: null } : null,
  }))
  return { status: 200, json: { ...head, object: 'chat.completion', choices: list, usage } }
}

function messageOf(request: Json, answer: ChatAnswer): Json {
  const { toolCalls, refusal } = answer
  const said = toolCalls.length > 0 || refusal !== undefined ? null : answer.text
  const calls = toolCalls.length === 0 ? {} : callsOf(request, answer)
  return { role: 'assistant', content: said, refusal: refusal ?? null, annotations: [], ...calls }
}

function callsOf(request: Json, { toolCalls }: ChatAnswer): Json {
  const legacy = request.tools === undefined
  if (legacy) return { function_call: { name: toolCalls[0]!.name, arguments: toolCalls[0]!.arguments } }
  return { tool_calls: toolCalls.map((call) => callOf(request, call)) }
}

function callOf(request: Json, call: ReferenceAnswer['toolCalls'][number]): Json {
  const { id, name } = call
  return isCustom(request, name)
    ? { id, type: 'custom', custom: { name, input: call.arguments } }
    : { id, type: 'function', function: { name, arguments: call.arguments } }
}

function isCustom(request: Json, name: string): boolean {
  const tools = request.tools as readonly Json[]
  return tools.some((tool) => tool.type === 'custom' && (tool.custom as Json).name === name)
}

function finishReasonOf(request: Json, answer: ChatAnswer): string {
  return answer.toolCalls.length > 0 && request.tools === undefined ? 'function_call' : finishReasons[answer.end]
}

function usageOf(answer: ChatAnswer, choices: number): Json {
  const completion = answer.outputTokens * choices
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: completion,
    total_tokens: answer.inputTokens + completion,
    prompt_tokens_details: { cached_tokens: answer.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: answer.reasoningTokens * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** Made up, but the same for the same token; as many alternatives as asked for. */
export function logprobsOf(request: Json, tokens: readonly string[]): readonly Json[] {
  const wanted = typeof request.top_logprobs === 'number' ? request.top_logprobs : 0
  return tokens.map((token) => ({
    ...tokenOf(token, -0.125),
    top_logprobs: Array.from({ length: wanted }, (_, index) =>
      index === 0 ? tokenOf(token, -0.125) : tokenOf(`~${index}`, -2 - index),
    ),
  }))
}

function tokenOf(token: string, logprob: number): Json {
  return { token, logprob, bytes: [...Buffer.from(token)] }
}

function stream(request: Json, head: Json, answer: ChatAnswer, choices: number): readonly string[] {
  const options = (request.stream_options ?? {}) as Json
  const counts = options.include_usage === true ? { usage: null } : {}
  const event = (list: readonly Json[], extra: Json = {}) =>
    sse({ ...head, object: 'chat.completion.chunk', choices: list, ...counts, ...extra })
  const all: string[] = []
  for (let index = 0; index < choices; index++) {
    for (const delta of deltasOf(request, answer)) {
      const logprobs =
        request.logprobs === true && typeof delta.content === 'string' && delta.content !== ''
          ? { content: logprobsOf(request, [delta.content]), refusal: null }
          : null
      all.push(event([{ index, delta, logprobs, finish_reason: null }]))
    }
    all.push(event([{ index, delta: {}, logprobs: null, finish_reason: finishReasonOf(request, answer) }]))
  }
  if (options.include_usage === true) all.push(event([], { usage: usageOf(answer, choices) }))
  return [...all, sse('[DONE]')]
}

function deltasOf(request: Json, answer: ChatAnswer): readonly Json[] {
  const { toolCalls, refusal } = answer
  if (refusal !== undefined) {
    return [{ role: 'assistant', content: null, refusal: '' }, ...pieces(refusal).map((text) => ({ refusal: text }))]
  }
  if (toolCalls.length === 0) {
    return [{ role: 'assistant', content: '', refusal: null }, ...pieces(answer.text).map((content) => ({ content }))]
  }
  if (request.tools === undefined) {
    const { name, arguments: input } = toolCalls[0]!
    const rest = halves(input).map((part) => ({ function_call: { arguments: part } }))
    return [{ role: 'assistant', content: null, function_call: { name, arguments: '' } }, ...rest]
  }
  return [{ role: 'assistant', content: null }, ...toolCalls.flatMap((call, index) => callDeltas(request, call, index))]
}

function callDeltas(request: Json, call: ReferenceAnswer['toolCalls'][number], index: number): readonly Json[] {
  const { id, name } = call
  const kind = isCustom(request, name) ? 'custom' : 'function'
  const field = kind === 'custom' ? 'input' : 'arguments'
  const said = (piece: Json, first: Json = {}) => ({ tool_calls: [{ index, ...first, [kind]: piece }] })
  return [
    said({ name, [field]: '' }, { id, type: kind }),
    ...halves(call.arguments).map((part) => said({ [field]: part })),
  ]
}

export function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)].filter((part) => part !== '')
}
