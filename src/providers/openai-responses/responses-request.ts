import { type ChatCall, isJsonObject, type JsonObject } from '../chat-provider.ts'
import { effortOfThinking } from '../neutral/effort-of-thinking.ts'
import { isSaid } from '../neutral/is-said.ts'
import { outputCap } from '../neutral/output-cap.ts'
import { responsesInput } from './responses-input.ts'
import { responsesTextFormat, responsesToolChoice, responsesTools } from './responses-tools.ts'

/** The API takes no smaller cap; an answer may then be so much longer than was asked for. */
const minOutputTokens = 16

const encryptedReasoning = 'reasoning.encrypted_content'
const logprobs = 'message.output_text.logprobs'

/** These mean the same in both APIs. */
const sharedParameters = [
  ...['parallel_tool_calls', 'top_logprobs', 'user', 'metadata', 'service_tier', 'prompt_cache_key'],
  ...['safety_identifier', 'prompt_cache_retention', 'prompt_cache_options', 'store', 'truncation', 'max_tool_calls'],
]

/**
 * A body of `POST /responses`. A call that came in this dialect is sent as its caller wrote it, with model, stream and the
 * LLM's own effort set; all others are translated from the neutral form.
 */
export function responsesRequest(call: ChatCall, stream: boolean): JsonObject {
  const { native, upstreamModel: model, reasoningEffort: effort } = call
  if (native?.dialect !== 'responses') return { ...translated(call), model, stream }
  const { body } = native
  const reasoning = effort === undefined ? {} : { reasoning: { ...objectOf(body.reasoning), effort } }
  // Unless it is asked for: the API would otherwise keep each answer.
  const store = body.store ?? false
  const readable = store === true ? body.input : withoutUnreadable(body.input)
  const input = effort === undefined ? readable : withEffortOfLlm(readable)
  return fitted({ ...body, input, ...reasoning, store, model, stream }, call.reasons)
}

/** Without what the model refuses, which its caller, who asked for another or for any, could not know. */
function fitted(body: JsonObject, reasons: boolean | undefined): JsonObject {
  if (reasons === undefined) return body
  const include = Array.isArray(body.include) ? (body.include as readonly unknown[]) : []
  if (reasons) {
    if (objectOf(body.reasoning).effort === 'none') return body
    for (const name of ['temperature', 'top_p', 'top_logprobs']) delete body[name]
    const taken = include.filter((name) => name !== logprobs)
    // Else the reasoning of a turn would be lost to the next: nothing is stored there.
    if (body.store !== true && !taken.includes(encryptedReasoning)) taken.push(encryptedReasoning)
    if (taken.length > 0) body.include = taken
    else delete body.include
    return body
  }
  delete body.reasoning
  if (isSaid(objectOf(body.text).verbosity)) {
    const { verbosity: _, ...text } = objectOf(body.text)
    body.text = text
  }
  if (include.length > 0) body.include = include.filter((name) => name !== encryptedReasoning)
  return body
}

/** An item could change, for the rest of the conversation, the effort that makes the LLM what it is. */
function withEffortOfLlm(input: unknown): unknown {
  if (!Array.isArray(input)) return input
  const changes = (item: unknown) =>
    isJsonObject(item) && item.type === 'configuration_update' && isSaid(item.reasoning)
  if (!input.some(changes)) return input
  return (input as readonly JsonObject[]).flatMap((item) => {
    if (!changes(item)) return [item]
    const { reasoning: _, ...rest } = item
    return isSaid(rest.text) ? [rest] : []
  })
}

/** Where nothing is stored, reasoning without its cipher names an item that cannot be found, and all would be refused. */
function withoutUnreadable(input: unknown): unknown {
  if (!Array.isArray(input)) return input
  const isUnreadable = (item: unknown) =>
    isJsonObject(item) && item.type === 'reasoning' && typeof item.encrypted_content !== 'string'
  return input.some(isUnreadable) ? input.filter((item) => !isUnreadable(item)) : input
}

/** Where it is not known whether the model reasons, all that was asked for is sent. */
function translated({ request, reasoningEffort: own, reasons, upstreamModel }: ChatCall): JsonObject {
  const body: JsonObject = { input: responsesInput(request.messages), store: false }
  for (const name of sharedParameters) if (isSaid(request[name])) body[name] = request[name]
  const thinking = reasons === true ? effortOfThinking(request.thinking, upstreamModel) : undefined
  const asked = thinking === 'none' ? thinking : request.reasoning_effort
  const reasoning = reasoningOf(request.reasoning, own ?? asked, thinking)
  if (reasons !== false && reasoning !== undefined) body.reasoning = reasoning
  setSampling(body, request, reasons === true && reasoning?.effort !== 'none')
  setTools(body, request)
  setText(body, request, reasons)
  const cap = outputCap(request)
  if (cap !== undefined) body.max_output_tokens = Math.max(minOutputTokens, cap)
  const include = [
    // So that a tool loop keeps its reasoning although nothing is stored; refused by models that have none.
    ...((reasons ?? reasoning !== undefined) ? [encryptedReasoning] : []),
    ...(request.logprobs === true && body.top_logprobs !== undefined ? [logprobs] : []),
  ]
  if (include.length > 0) body.include = include
  return body
}

function setSampling(body: JsonObject, request: JsonObject, reasons: boolean): void {
  if (reasons) {
    delete body.top_logprobs
    return
  }
  for (const name of ['temperature', 'top_p']) if (isSaid(request[name])) body[name] = request[name]
  // Logprobs are asked for by `include` here; without alternatives that is a count of none.
  if (request.logprobs === true) body.top_logprobs ??= 0
}

function setTools(body: JsonObject, request: JsonObject): void {
  const tools = responsesTools(request.tools)
  if (tools.length === 0) {
    delete body.parallel_tool_calls
    return
  }
  body.tools = tools
  if (isSaid(request.tool_choice)) body.tool_choice = responsesToolChoice(request.tool_choice)
}

/** Models that do not reason know one verbosity and refuse to be asked for another. */
function setText(body: JsonObject, request: JsonObject, reasons: boolean | undefined): void {
  const format = responsesTextFormat(request.response_format)
  const verbosity = reasons === false ? undefined : request.verbosity
  if (format === undefined && !isSaid(verbosity)) return
  body.text = { ...(format === undefined ? {} : { format }), ...(isSaid(verbosity) ? { verbosity } : {}) }
}

/** `reasoning` as OpenRouter and the Responses API have it, beside chat completions' `reasoning_effort`. */
function reasoningOf(given: unknown, effort: unknown, thinking: string | undefined): JsonObject | undefined {
  const { effort: own, summary } = objectOf(given)
  const said = effort ?? own ?? thinking
  const reasoning = {
    ...(isSaid(said) ? { effort: said } : {}),
    ...(isSaid(summary) ? { summary } : {}),
  }
  return Object.keys(reasoning).length === 0 ? undefined : reasoning
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}
