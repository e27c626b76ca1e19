import { isJsonObject } from '../chat-provider.ts'

/** Budgets below these are low, and medium; ours, as no vendor gives any. */
const mediumFromTokens = 4_096
const highFromTokens = 16_384

/** From GPT-5.1 on, by OpenAI's reference of the effort; its variants for code, chat and hard problems have steps of their own. */
const takesNone = /(?:^|\/)gpt-5\.\d+(?:-mini|-nano)?(?:-20\d\d-\d\d-\d\d)?$/

/**
 * The effort that stands for Anthropic's `thinking` where an API knows efforts only. Adaptive thinking leaves the amount to the
 * model: medium. Thinking that is switched off is `none` for models of which it is known that they can, and says nothing to others.
 */
export function effortOfThinking(
  thinking: unknown,
  upstreamModel = '',
): 'none' | 'low' | 'medium' | 'high' | undefined {
  if (!isJsonObject(thinking)) return undefined
  if (thinking.type === 'disabled') return takesNone.test(upstreamModel.toLowerCase()) ? 'none' : undefined
  if (thinking.type !== 'enabled' && thinking.type !== 'adaptive') return undefined
  const { budget_tokens: budget } = thinking
  if (typeof budget !== 'number') return 'medium'
  if (budget < mediumFromTokens) return 'low'
  return budget < highFromTokens ? 'medium' : 'high'
}
