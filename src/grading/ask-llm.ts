import { type ChatProvider, type ChatRequest, isJsonObject } from '../providers/chat-provider.ts'
import {
  completeWithFallback,
  type FallbackCompletion,
  type FallbackOptions,
} from '../providers/resilience/fallback.ts'
import type { Llm } from '../routing/registry/llm.ts'
import { billedNanoUsd } from '../routing/registry/token-bill.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import type { JudgeLlm } from './grading-services.ts'
import { messageText } from './message-text.ts'

/** Longer than people wait: nobody does. */
const judgementDeadlineMs = 120_000

/**
 * One question to one LLM, with the retries and breakers of any call. The answer's format is asked for where the LLM is known to keep to
 * schemas; all others are told in words.
 *
 * @throws {FallbackError}
 */
export function askLlm(
  llm: Llm,
  provider: ChatProvider,
  { response_format, ...request }: ChatRequest,
  signal: AbortSignal,
  resilience: FallbackOptions = {},
): Promise<FallbackCompletion> {
  const target = {
    llmId: llm.id,
    provider,
    upstreamModel: llm.upstreamModel,
    reasoningEffort: llm.reasoningEffort,
    reasons: llm.capabilities.reasoning,
    maxOutputTokens: llm.capabilities.maxOutputTokens,
  }
  const asked = llm.capabilities.jsonSchema === true ? { ...request, response_format } : request
  const options = { deadlineMs: judgementDeadlineMs, ...resilience }
  return completeWithFallback([target], { request: asked, outputCapMayFall: true }, signal, options)
}

/** The text of an answer in the neutral form; '' where there is none. */
export function completionText({ completion }: Pick<FallbackCompletion, 'completion'>): string {
  const choices = completion.body.choices
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const message = isJsonObject(choice) ? choice.message : undefined
  return isJsonObject(message) ? messageText(message) : ''
}

export interface LlmJudgeOptions {
  readonly llm: Llm
  readonly provider: ChatProvider
  /** The price an answer is settled at; default: the LLM's own. */
  readonly priceOf?: ((llm: Llm, reportedModel: string | undefined) => TokenPrice | undefined) | undefined
  readonly resilience?: FallbackOptions | undefined
}

/** Any LLM as a judge. What it costs is told, not booked. */
export function createLlmJudge({ llm, provider, priceOf, resilience }: LlmJudgeOptions): JudgeLlm {
  return {
    async ask(request, signal) {
      const answer = await askLlm(llm, provider, request, signal, resilience)
      const { usage, reportedModel } = answer.completion
      const price = priceOf === undefined ? llm.price : priceOf(llm, reportedModel)
      const nanoUsd = billedNanoUsd(price, usage)
      return { text: completionText(answer), costUsd: nanoUsd === undefined ? undefined : nanoUsd / 1e9 }
    },
  }
}
