import type { JsonObject } from '../chat-provider.ts'
import type { ChoiceEnd, FinishReason } from '../neutral/neutral-answer.ts'
import { ProviderError } from '../provider-error.ts'

const byReason: ReadonlyMap<string, FinishReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  // The answer goes on in a further request, which chat completions cannot ask for.
  ['CONTINUATION', 'length'],
])

/**
 * What the LLM wrote was no answer: a call of a function that cannot be read, or of one that does not exist. Nobody can go on
 * from there, and `stop` would be a false clean end.
 */
const failures = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
])

/**
 * Why a candidate is of no use to anybody; undefined: it may be. Billed all the same. Says nothing of Google's health: it is
 * this prompt, or these tools, that the LLM fails at, and one caller's must not close it to all.
 */
export function candidateFailure(reason: unknown, message: unknown): ProviderError | undefined {
  if (typeof reason !== 'string' || !failures.has(reason)) return undefined
  const detail = typeof message === 'string' && message !== '' ? ` (${message.slice(0, 300)})` : ''
  return new ProviderError('upstream_invalid_response', `The LLM's output was unusable: ${reason}${detail}`, {
    inconclusive: true,
  })
}

/**
 * How a candidate ended. Every reason that is neither a regular end nor a failure withheld the answer or a part of it
 * (safety, recitation, language, `OTHER` and whatever will be added): `content_filter`, which no reader takes for whole.
 *
 * @param reason of {@link finishReasonOf}.
 */
export function candidateEnd(reason: string, hasCalls: boolean): ChoiceEnd {
  const finishReason = byReason.get(reason) ?? 'content_filter'
  return {
    finishReason: finishReason === 'stop' && hasCalls ? 'tool_calls' : finishReason,
    nativeFinishReason: reason,
  }
}

/** @returns undefined: it has not ended. */
export function finishReasonOf({ finishReason: reason }: JsonObject): string | undefined {
  return typeof reason !== 'string' || reason === '' || reason === 'FINISH_REASON_UNSPECIFIED' ? undefined : reason
}
