import type { JsonObject } from '../chat-provider.ts'

/** A neutral request's cap on output. With both names given, the tighter: the looser one could cost more than the caller allowed. */
export function outputCap({ max_tokens: older, max_completion_tokens: newer }: JsonObject): number | undefined {
  if (typeof older !== 'number') return typeof newer === 'number' ? newer : undefined
  return typeof newer === 'number' ? Math.min(older, newer) : older
}
