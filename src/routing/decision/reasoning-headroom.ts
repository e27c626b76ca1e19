import type { Llm } from '../registry/llm.ts'
import type { RoutingRequest } from '../request.ts'

/**
 * Output tokens that thinking may take before the first word of the answer, by effort. A cap on output that is not above
 * it risks an answer that is paid for and empty: `finish_reason: length` and not a word.
 *
 * Orders of magnitude, not measurements: from Anthropic's least budget (1,024) on, doubling, as LiteLLM's budgets for
 * low, medium and high do. Models at these efforts may take less, and sometimes far more.
 */
const headroomTokensByEffort: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 256,
  low: 1_024,
  medium: 2_048,
  high: 4_096,
  xhigh: 8_192,
  max: 16_384,
}

/** Where nobody says how hard: those that think unasked think little about little. */
const unaskedTokens = 1_024

/** The same table, for docs. */
export const reasoningHeadroom: readonly (readonly [effort: string, tokens: number])[] = [
  ...Object.entries(headroomTokensByEffort),
  ['not said', unaskedTokens],
]

/** Whether an LLM that thinks has no room for its answer under the caller's cap. What is not known does not count. */
export function lacksHeadroom(llm: Llm, { maxOutputTokens, needs }: RoutingRequest): boolean {
  if (maxOutputTokens === undefined || llm.capabilities.reasoning !== true) return false
  const effort = llm.reasoningEffort ?? needs.reasoningEffort ?? needs.roughEffort
  if (effort !== undefined) return maxOutputTokens <= (headroomTokensByEffort[effort] ?? 0)
  return llm.capabilities.reasonsUnasked === true && maxOutputTokens <= unaskedTokens
}
