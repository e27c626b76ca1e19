import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { ChoiceEnd, FinishReason } from '../neutral/neutral-answer.ts'
import { ProviderError } from '../provider-error.ts'

const finishReasons: { readonly [reason: string]: FinishReason } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
}

/** What the model wrote cannot be read: nobody can go on from there, and `stop` would be a false clean end. */
const failures = new Set(['malformed_model_output', 'malformed_tool_use'])

/**
 * Why an answer is of no use to anybody; undefined: it may be. Billed all the same. Says nothing of Amazon's health: it is
 * this prompt, or these tools, that the LLM fails at, and one caller's must not close it to all.
 */
export function answerFailure({ stopReason: reason }: JsonObject): ProviderError | undefined {
  if (typeof reason !== 'string' || !failures.has(reason)) return undefined
  return new ProviderError('upstream_invalid_response', `The LLM's output was unusable: ${reason}`, {
    inconclusive: true,
  })
}

/**
 * How an answer ended, from `stopReason` and the additional field `stop_sequence`; reasons we do not know are a `stop`.
 *
 * @param hasCalls whether there are calls for the caller, who goes by the reason. Some models say `end_turn` behind calls, and
 *   some `tool_use` where there are none.
 * @returns undefined: it does not say.
 */
export function choiceEnd(
  { stopReason: native, additionalModelResponseFields: fields }: JsonObject,
  hasCalls: boolean,
): ChoiceEnd | undefined {
  if (typeof native !== 'string') return undefined
  const sequence = isJsonObject(fields) ? fields.stop_sequence : undefined
  const said = Object.hasOwn(finishReasons, native) ? finishReasons[native]! : 'stop'
  const byCalls = hasCalls ? 'tool_calls' : 'stop'
  return {
    finishReason: said === 'stop' || said === 'tool_calls' ? byCalls : said,
    nativeFinishReason: native,
    ...(typeof sequence === 'string' ? { stopSequence: sequence } : {}),
  }
}
