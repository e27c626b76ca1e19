import { type ChatCall, type ChatRequest, isJsonObject, type JsonObject, type NativeRequest } from '../chat-provider.ts'
import { outputCap } from '../neutral/output-cap.ts'
import { untranslatable } from '../neutral/untranslatable.ts'
import type { ParameterHandling } from '../parameters/parameter.ts'
import { requestParameters } from '../parameters/request-parameters.ts'
import { anthropicParameters } from './anthropic-parameters.ts'
import { claudeTraits, isClaude } from './claude-traits.ts'
import { historyOf } from './messages-history.ts'
import { fitThinkingToHistory, fitToModel, withEffortOnly } from './messages-model-fit.ts'
import { toOutputSchema } from './messages-output-schema.ts'
import { allowedToolNames, toolChoiceOf, toolsOf } from './messages-tools.ts'
import { opaqueUserId } from './opaque-user-id.ts'
import { withoutThinking, withoutUnsignedThinking } from './refused-thinking.ts'

export interface MessagesRequestOptions {
  /** Cap on the answer where the request has none. */
  readonly defaultMaxTokens?: number | undefined
}

/**
 * The body of a Messages request for one call, without `stream`: the native one, else the translation of the neutral one, fitted
 * to the model. A native one stays as it came where its caller named the LLM, whose refusal tells more than our guess, and
 * where the model is no Claude; an effort of the LLM's own is set all the same.
 *
 * @throws {ProviderError} `upstream_rejected`, naming what cannot be said in this API.
 */
export function messagesRequest(call: ChatCall, options: MessagesRequestOptions = {}): JsonObject {
  const traits = claudeTraits(call.upstreamModel)
  const native = nativeMessages(call.native)
  if (native !== undefined) {
    const body: JsonObject = withoutUnsignedThinking({ ...native.body, model: call.upstreamModel })
    const { reasoningEffort: effort, asWritten, upstreamModel } = call
    const known = isClaude(upstreamModel)
    if (effort === undefined)
      return asWritten === true || !known ? body : fitToModel(body, traits, undefined, interleaves(native))
    return known ? fitToModel(body, traits, effort, interleaves(native)) : withEffortOnly(body, traits, effort)
  }
  const { request } = call
  requireTranslatable(request)
  const maxTokens = outputCap(request) ?? options.defaultMaxTokens ?? traits.defaultMaxTokens
  const { system, turns } = historyOf(request.messages)
  const body: JsonObject = {
    model: call.upstreamModel,
    max_tokens: maxTokens,
    ...(system.length === 0 ? {} : { system }),
    messages: turns,
    ...toolFields(request),
    ...outputFields(request),
    ...samplingFields(request),
    ...callerFields(request),
    ...(isJsonObject(request.thinking) ? { thinking: request.thinking } : {}),
    ...(isJsonObject(request.cache_control) ? { cache_control: request.cache_control } : {}),
  }
  return fitToModel(body, traits, effortOf(call))
}

function interleaves({ headers }: NativeRequest): boolean {
  return headers['anthropic-beta']?.includes('interleaved-thinking') === true
}

/**
 * The request to send after the API refused the thinking in its history, or missed it there: without it, and without thinking by
 * budget where going on asks for thinking before. Undefined where nothing can be left out.
 */
export function requestWithoutThinking(body: JsonObject, upstreamModel: string): JsonObject | undefined {
  const mended = fitThinkingToHistory(withoutThinking(body), claudeTraits(upstreamModel))
  return mended === body ? undefined : mended
}

/** The caller's own request, where it came in this very API. */
export function nativeMessages(native: NativeRequest | undefined): NativeRequest | undefined {
  return native?.dialect === 'messages' ? native : undefined
}

/** Fields of a Messages request that its token count takes as well. */
const countedFields = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'speed',
  'mcp_servers',
  'context_management',
  'output_format',
  'compaction',
  'billing_policy',
]

/** The body of the request that counts what `messagesRequest` would send. */
export function countRequest(call: ChatCall): JsonObject {
  const body = messagesRequest(call)
  return Object.fromEntries(Object.entries(body).filter(([name]) => countedFields.includes(name)))
}

/** What the parameter table refuses: an LLM of this API is not asked for it, unless a library's user does. */
function requireTranslatable(request: ChatRequest): void {
  const table: { readonly [name: string]: ParameterHandling | undefined } = anthropicParameters
  const refused = requestParameters(request).names.find((name) => table[name] === 'refused')
  if (refused !== undefined) throw untranslatable(`${refused} cannot be served by Anthropic’s API`)
}

/** The LLM's own effort, else the request's; `thinking` in the request says more than its effort. */
function effortOf({ reasoningEffort, request }: ChatCall): string | undefined {
  if (reasoningEffort !== undefined) return reasoningEffort
  return typeof request.reasoning_effort === 'string' && !isJsonObject(request.thinking)
    ? request.reasoning_effort
    : undefined
}

function toolFields(request: ChatRequest): JsonObject {
  const allowed = allowedToolNames(request)
  const tools = toolsOf(request).filter(({ name }) => allowed === undefined || allowed.has(String(name)))
  // A choice without tools is refused.
  if (tools.length === 0) return {}
  const choice = toolChoiceOf(request)
  return { tools, ...(choice === undefined ? {} : { tool_choice: choice }) }
}

function outputFields(request: ChatRequest): JsonObject {
  const format = outputFormat(request.response_format)
  // With `thinking` of its own the request's effort is a second thing to say, as in the Messages API.
  const effort = isJsonObject(request.thinking) ? request.reasoning_effort : undefined
  const config = { ...(typeof effort === 'string' ? { effort } : {}), ...(format === undefined ? {} : { format }) }
  return Object.keys(config).length === 0 ? {} : { output_config: config }
}

function outputFormat(format: unknown): JsonObject | undefined {
  if (!isJsonObject(format) || format.type !== 'json_schema') return undefined
  const schema = isJsonObject(format.json_schema) ? format.json_schema.schema : undefined
  if (!isJsonObject(schema)) throw untranslatable('response_format.json_schema.schema is missing')
  return { type: 'json_schema', schema: toOutputSchema(schema) }
}

function samplingFields({ temperature, top_p: topP, top_k: topK, stop }: ChatRequest): JsonObject {
  const stops: readonly unknown[] = Array.isArray(stop) ? stop : [stop]
  // Sequences of white space alone are refused; the answer then comes without them, as the parameter table says.
  const sequences = stops.filter((sequence) => typeof sequence === 'string' && sequence.trim() !== '')
  return {
    // OpenAI's scale ends at 2, Anthropic's at 1; the model's own default is 1 on both.
    ...(typeof temperature === 'number' ? { temperature: Math.min(temperature, 1) } : {}),
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
    ...(typeof topK === 'number' ? { top_k: topK } : {}),
    ...(sequences.length === 0 ? {} : { stop_sequences: sequences }),
  }
}

/** OpenAI's names of tiers by Anthropic's; the others have no like. */
const serviceTiers: { readonly [tier: string]: string } = {
  auto: 'auto',
  default: 'standard_only',
  standard_only: 'standard_only',
}

function callerFields({ user, safety_identifier: safetyId, service_tier: tier }: ChatRequest): JsonObject {
  const id = user ?? safetyId
  const serviceTier = typeof tier === 'string' && Object.hasOwn(serviceTiers, tier) ? serviceTiers[tier] : undefined
  return {
    ...(typeof id === 'string' ? { metadata: { user_id: opaqueUserId(id) } } : {}),
    ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
  }
}
