import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { ChoiceEnd, FinishReason } from '../neutral/neutral-answer.ts'

const finishReasons: { readonly [reason: string]: FinishReason } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  // A turn of hosted tools that Anthropic cut in two; to the caller it ends here.
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** How an answer ended, from the fields `stop_reason` and `stop_sequence`; reasons we do not know are a `stop`. */
export function choiceEnd({ stop_reason: reason, stop_sequence: sequence }: JsonObject): ChoiceEnd {
  const native = typeof reason === 'string' ? reason : 'end_turn'
  return {
    finishReason: Object.hasOwn(finishReasons, native) ? finishReasons[native]! : 'stop',
    nativeFinishReason: native,
    ...(typeof sequence === 'string' ? { stopSequence: sequence } : {}),
  }
}

/** Why the model refused, in Anthropic's words; undefined where it did not, or does not say. */
export function refusalOf({ stop_details: details }: JsonObject): string | undefined {
  const explanation = isJsonObject(details) && details.type === 'refusal' ? details.explanation : undefined
  return typeof explanation === 'string' && explanation !== '' ? explanation : undefined
}
