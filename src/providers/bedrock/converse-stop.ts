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
 * How an answer ended, from `stopReason` and the additional field `stop_sequence`; reasons we do not know are a `stop`.
 *
 * @throws {ProviderError} `upstream_invalid_response` when the LLM's output was unusable; it is billed.
 */
export function choiceEnd({ stopReason: reason, additionalModelResponseFields: fields }: JsonObject): ChoiceEnd {
  const native = typeof reason === 'string' ? reason : 'end_turn'
  if (failures.has(native)) {
    throw new ProviderError('upstream_invalid_response', `The LLM's output was unusable: ${native}`)
  }
  const sequence = isJsonObject(fields) ? fields.stop_sequence : undefined
  return {
    finishReason: Object.hasOwn(finishReasons, native) ? finishReasons[native]! : 'stop',
    nativeFinishReason: native,
    ...(typeof sequence === 'string' ? { stopSequence: sequence } : {}),
  }
}
