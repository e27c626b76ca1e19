import { isJsonObject, type JsonObject } from '../../../providers/chat-provider.ts'
import type { TokenUsage } from '../../../routing/registry/token-price.ts'
import type { AnswerReceipt } from '../../answer-writer.ts'
import type { PointsmanExtension } from '../chat-answer-writer.ts'
import type { ResponsesRequestBody } from './responses-request.ts'

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** What makes one answer's response objects, the same from its first event to its last. */
export interface ResponseHead {
  readonly id: string
  /** Seconds since the epoch. */
  readonly createdAt: number
  /** The LLM that answers. */
  readonly model: string
  readonly request: ResponsesRequestBody
  /** Whether it is kept. */
  readonly store: boolean
}

/** How far an answer has come. */
export interface ResponseState {
  readonly status: ResponseStatus
  readonly output: readonly JsonObject[]
  readonly usage?: TokenUsage | undefined
  /** Why it is not complete. */
  readonly incompleteReason?: string | undefined
  readonly error?: JsonObject | undefined
  /** As the upstream says. */
  readonly serviceTier?: string | undefined
  /** Seconds since the epoch. */
  readonly completedAt?: number | undefined
}

/**
 * A response object with the settings of its request. Those that were left out have OpenAI's defaults, but for the sampling
 * parameters: what another vendor's default is we do not know.
 */
export function responseBody(head: ResponseHead, state: ResponseState): JsonObject {
  const { request } = head
  return {
    id: head.id,
    object: 'response',
    created_at: head.createdAt,
    status: state.status,
    background: false,
    completed_at: state.completedAt ?? null,
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: head.model,
    output: state.output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: state.serviceTier ?? request.service_tier ?? null,
    store: head.store,
    temperature: request.temperature ?? null,
    text: {
      format: request.text?.format ?? { type: 'text' },
      ...(typeof request.text?.verbosity === 'string' ? { verbosity: request.text.verbosity } : {}),
    },
    tool_choice: request.tool_choice ?? 'auto',
    tools: (request.tools ?? []).map(withoutSecrets),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? null,
    // No LLM but those of this API truncates, and their own answers say what they did.
    truncation: 'disabled',
    usage: state.usage === undefined ? null : usageBody(state.usage),
    ...(typeof request.user === 'string' ? { user: request.user } : {}),
    metadata: request.metadata ?? {},
  }
}

/** An upstream's own response object as ours: its content stays, its name, and what is kept and continued, are ours. */
export function asOurs(response: JsonObject, head: ResponseHead): JsonObject {
  return {
    ...response,
    id: head.id,
    model: head.model,
    store: head.store,
    previous_response_id: head.request.previous_response_id ?? null,
  }
}

/** The last response object of an answer, with what it cost. */
export function withCost(response: JsonObject, { decision, answered, costUsd }: AnswerReceipt): JsonObject {
  const pointsman: PointsmanExtension = {
    decision_id: decision.id,
    llm: answered,
    cost_usd: costUsd ?? null,
    cold: decision.cold,
  }
  const { usage } = response
  if (typeof usage !== 'object' || usage === null || costUsd === undefined) return { ...response, pointsman }
  return { ...response, usage: { ...usage, cost: costUsd }, pointsman }
}

/** How a choice's `finish_reason` is said here. */
export function endOf(finishReason: unknown): {
  readonly status: 'completed' | 'incomplete'
  readonly incompleteReason?: string
} {
  if (finishReason === 'length') return { status: 'incomplete', incompleteReason: 'max_output_tokens' }
  if (finishReason === 'content_filter') return { status: 'incomplete', incompleteReason: 'content_filter' }
  return { status: 'completed' }
}

/** What a tool of OpenAI's logs in elsewhere with is not to come back, nor to be kept. */
function withoutSecrets(tool: unknown): unknown {
  if (!isJsonObject(tool) || tool.type !== 'mcp') return tool
  const { authorization: _authorization, headers: _headers, ...rest } = tool
  return rest
}

function usageBody(usage: TokenUsage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}
