import type { TokenUsage } from '../../routing/registry/token-price.ts'
import type { JsonObject } from '../chat-provider.ts'
import type { NeutralAssistantMessage } from './neutral-message.ts'

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** What names an answer, the same on each of its chunks. */
export interface AnswerHead {
  readonly id: string
  /** The model id the upstream says answered. */
  readonly model: string
  /** Seconds since the epoch. */
  readonly created: number
}

/** How a choice ended. */
export interface ChoiceEnd {
  readonly finishReason: FinishReason
  /** The upstream's own word. */
  readonly nativeFinishReason: string
  /** Which of the stop sequences ended it, where the upstream tells. */
  readonly stopSequence?: string | undefined
}

/** A whole answer of one choice in the neutral form; for providers that translate. */
export function completionBody(
  head: AnswerHead,
  message: NeutralAssistantMessage,
  end: ChoiceEnd,
  usage: TokenUsage | undefined,
): JsonObject {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [{ index: 0, message, ...endFields(end), logprobs: null }],
    ...(usage === undefined ? {} : { usage: usageBody(usage) }),
  }
}

/** One piece of a streamed answer in the neutral form. */
export function chunkBody(head: AnswerHead, delta: JsonObject, end?: ChoiceEnd): JsonObject {
  return {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: head.model,
    choices: [{ index: 0, delta, ...(end === undefined ? { finish_reason: null } : endFields(end)) }],
  }
}

/** The last chunk of a stream: usage and no choices, as OpenAI sends it. */
export function usageChunkBody(head: AnswerHead, usage: TokenUsage): JsonObject {
  return { ...chunkBody(head, {}), choices: [], usage: usageBody(usage) }
}

/** Usage as chat completions write it, cache writes as OpenRouter does. The inverse of `parseUsage`. */
export function usageBody(usage: TokenUsage): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, cacheWrite1hTokens, reasoningTokens } = usage
  const { audioInputTokens, audioOutputTokens, costUsd } = usage
  const inputDetails = {
    ...(cachedInputTokens === undefined ? {} : { cached_tokens: cachedInputTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cache_write_tokens: cacheWriteTokens }),
    ...(cacheWrite1hTokens === undefined ? {} : { cache_write_1h_tokens: cacheWrite1hTokens }),
    ...(audioInputTokens === undefined ? {} : { audio_tokens: audioInputTokens }),
  }
  const outputDetails = {
    ...(reasoningTokens === undefined ? {} : { reasoning_tokens: reasoningTokens }),
    ...(audioOutputTokens === undefined ? {} : { audio_tokens: audioOutputTokens }),
  }
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(Object.keys(inputDetails).length === 0 ? {} : { prompt_tokens_details: inputDetails }),
    ...(Object.keys(outputDetails).length === 0 ? {} : { completion_tokens_details: outputDetails }),
    ...(costUsd === undefined ? {} : { cost: costUsd }),
  }
}

function endFields({ finishReason, nativeFinishReason, stopSequence }: ChoiceEnd): JsonObject {
  return {
    finish_reason: finishReason,
    native_finish_reason: nativeFinishReason,
    ...(stopSequence === undefined ? {} : { stop_sequence: stopSequence }),
  }
}
