import { isJsonObject } from '../chat-provider.ts'

/** Budgets below these are low, and medium; ours, as no vendor gives any. */
const mediumFromTokens = 4_096
const highFromTokens = 16_384

/**
 * The effort that stands for Anthropic's `thinking` where an API knows efforts only. Adaptive thinking leaves the amount to the
 * model: medium. Thinking that is switched off says nothing here, as not every model can.
 */
export function effortOfThinking(thinking: unknown): 'low' | 'medium' | 'high' | undefined {
  if (!isJsonObject(thinking) || (thinking.type !== 'enabled' && thinking.type !== 'adaptive')) return undefined
  const { budget_tokens: budget } = thinking
  if (typeof budget !== 'number') return 'medium'
  if (budget < mediumFromTokens) return 'low'
  return budget < highFromTokens ? 'medium' : 'high'
}
