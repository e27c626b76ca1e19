import { type FixtureAnswer, sse } from '../fixture-upstream.ts'
import { pieces } from '../reference-llm.ts'
import { type ChatAnswer, halves, logprobsOf } from './chat-answers.ts'
import { isJson, type Json } from './openai-refusal.ts'

const createdAt = 1_790_000_000

export interface ResponsesAnswer extends ChatAnswer {
  /** The cipher for its reasoning, where it is asked for. */
  readonly cipher: string
}

/** The answer of `POST /responses` to what the mind said, and the items it consists of. */
export function responsesAnswer(
  request: Json,
  answer: ResponsesAnswer,
): { readonly answer: FixtureAnswer; readonly output: readonly Json[] } {
  const output = outputOf(request, answer)
  const whole = responseOf(request, answer, output)
  if (request.stream !== true) return { answer: { status: 200, json: whole }, output }
  const events = eventsOf(request, answer, output, whole)
  const written = events.map((event, index) => sse({ ...event, sequence_number: index }, String(event.type)))
  return { answer: { contentType: 'text/event-stream; charset=utf-8', pieces: written }, output }
}

function outputOf(request: Json, answer: ResponsesAnswer): readonly Json[] {
  const key = answer.id.slice('resp_'.length)
  const { reasoning, toolCalls, text, refusal, end } = answer
  const items: Json[] = []
  if (reasoning !== '') {
    const wanted = isJson(request.reasoning) ? (request.reasoning.summary ?? undefined) : undefined
    const encrypted = includes(request, 'reasoning.encrypted_content') ? { encrypted_content: answer.cipher } : {}
    const summary = wanted === undefined ? [] : [{ type: 'summary_text', text: reasoning }]
    items.push({ id: `rs_${key}`, type: 'reasoning', summary, ...encrypted })
  }
  const status = end === 'length' ? 'incomplete' : 'completed'
  for (const [index, call] of toolCalls.entries()) {
    const { id: callId, name } = call
    const custom = isCustom(request, name)
    items.push(
      custom
        ? { id: `ctc_${key}_${index}`, type: 'custom_tool_call', status, call_id: callId, name, input: call.arguments }
        : { id: `fc_${key}_${index}`, type: 'function_call', status, call_id: callId, name, arguments: call.arguments },
    )
  }
  if (toolCalls.length === 0) {
    const logprobs = includes(request, 'message.output_text.logprobs') ? logprobsOf(request, pieces(text)) : []
    const part =
      refusal === undefined ? { type: 'output_text', text, annotations: [], logprobs } : { type: 'refusal', refusal }
    items.push({ id: `msg_${key}`, type: 'message', role: 'assistant', status, content: [part] })
  }
  return items
}

function includes(request: Json, name: string): boolean {
  return Array.isArray(request.include) && request.include.includes(name)
}

function isCustom(request: Json, name: string): boolean {
  return (request.tools as readonly Json[]).some((tool) => tool.type === 'custom' && tool.name === name)
}

function responseOf(request: Json, answer: ResponsesAnswer, output: readonly Json[]): Json {
  const incomplete = answer.end === 'length'
  return {
    ...headOf(request, answer),
    status: incomplete ? 'incomplete' : 'completed',
    completed_at: createdAt + 1,
    incomplete_details: incomplete ? { reason: 'max_output_tokens' } : null,
    output,
    usage: {
      input_tokens: answer.inputTokens,
      input_tokens_details: { cached_tokens: answer.cachedTokens, cache_write_tokens: 0 },
      output_tokens: answer.outputTokens,
      output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
      total_tokens: answer.inputTokens + answer.outputTokens,
    },
  }
}

/** What a response says of its request; the same in its first event and its last. */
function headOf(request: Json, answer: ResponsesAnswer): Json {
  const { text, reasoning } = request
  return {
    id: answer.id,
    object: 'response',
    created_at: createdAt,
    background: false,
    error: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    metadata: request.metadata ?? {},
    model: answer.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: null, summary: null, ...(isJson(reasoning) ? reasoning : {}) },
    safety_identifier: request.safety_identifier ?? null,
    service_tier:
      request.service_tier === 'flex' || request.service_tier === 'priority' ? request.service_tier : 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium', ...(isJson(text) ? text : {}) },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    user: request.user ?? null,
  }
}

function eventsOf(request: Json, answer: ResponsesAnswer, output: readonly Json[], whole: Json): readonly Json[] {
  const begun = {
    ...headOf(request, answer),
    status: 'in_progress',
    completed_at: null,
    incomplete_details: null,
    output: [],
    usage: null,
  }
  return [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...output.flatMap((item, index) => itemEvents(request, item, index)),
    { type: `response.${String(whole.status)}`, response: whole },
  ]
}

function itemEvents(request: Json, item: Json, index: number): readonly Json[] {
  const added = (empty: Json) => ({
    type: 'response.output_item.added',
    output_index: index,
    item: { ...item, ...(item.status === undefined ? {} : { status: 'in_progress' }), ...empty },
  })
  const done = { type: 'response.output_item.done', output_index: index, item }
  const at = { item_id: item.id, output_index: index }
  switch (item.type) {
    case 'reasoning':
      return [added({ summary: [] }), ...summaryEvents(item.summary as readonly Json[], at), done]
    case 'function_call':
      return [added({ arguments: '' }), ...callEvents('function_call_arguments', 'arguments', item, at), done]
    case 'custom_tool_call':
      return [added({ input: '' }), ...callEvents('custom_tool_call_input', 'input', item, at), done]
    default:
      return [added({ content: [] }), ...partEvents(request, (item.content as readonly Json[])[0]!, at), done]
  }
}

function summaryEvents(summary: readonly Json[], at: Json): readonly Json[] {
  return summary.flatMap((part, index) => {
    const where = { ...at, summary_index: index }
    const text = String(part.text)
    return [
      { type: 'response.reasoning_summary_part.added', ...where, part: { ...part, text: '' } },
      ...pieces(text).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...where, delta })),
      { type: 'response.reasoning_summary_text.done', ...where, text },
      { type: 'response.reasoning_summary_part.done', ...where, part },
    ]
  })
}

function callEvents(event: string, field: string, item: Json, at: Json): readonly Json[] {
  const said = String(item[field])
  const deltas = halves(said).map((delta) => ({ type: `response.${event}.delta`, ...at, delta }))
  return [...deltas, { type: `response.${event}.done`, ...at, [field]: said }]
}

function partEvents(request: Json, part: Json, at: Json): readonly Json[] {
  const where = { ...at, content_index: 0 }
  const refusal = part.type === 'refusal'
  const [kind, field] = refusal ? ['refusal', 'refusal'] : ['output_text', 'text']
  const said = String(part[field!])
  const asked = includes(request, 'message.output_text.logprobs')
  const logprobs = (text: string) => (refusal ? {} : { logprobs: asked ? logprobsOf(request, pieces(text)) : [] })
  const empty = refusal ? { [field!]: '' } : { text: '', annotations: [], logprobs: [] }
  return [
    { type: 'response.content_part.added', ...where, part: { ...part, ...empty } },
    ...pieces(said).map((delta) => ({ type: `response.${kind}.delta`, ...where, delta, ...logprobs(delta) })),
    { type: `response.${kind}.done`, ...where, [field!]: said, ...logprobs(said) },
    { type: 'response.content_part.done', ...where, part },
  ]
}
