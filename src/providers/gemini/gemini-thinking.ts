import { isJsonObject, type JsonObject } from '../chat-provider.ts'
import type { ThinkingControl, ThinkingLevel } from './gemini-model.ts'

/** What a request says about thinking. */
export interface ThinkingWish {
  /** The LLM's own effort. Wins. */
  readonly ownEffort: string | undefined
  readonly requestedEffort: unknown
  /** Anthropic's `thinking`. */
  readonly thinking: unknown
}

/** As Google maps `reasoning_effort` on its OpenAI-compatible endpoint, for models that take budgets. */
const budgetByEffort: ReadonlyMap<string, number> = new Map([
  ['minimal', 1024],
  ['low', 1024],
  ['medium', 8192],
  ['high', 24_576],
])

const levelOrder: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']
const levelByEffort: ReadonlyMap<string, ThinkingLevel> = new Map([
  ['none', 'MINIMAL'],
  ['minimal', 'MINIMAL'],
  ['low', 'LOW'],
  ['medium', 'MEDIUM'],
  ['high', 'HIGH'],
])

/**
 * The `thinkingConfig` of a request. Where a model cannot think as little (or much) as asked, it thinks the least (most)
 * that it can. Thoughts come with the answer when the caller asked for thinking, not when only the LLM's own effort did.
 *
 * @returns undefined to leave it out: nothing was asked, or the model does not take it.
 */
export function thinkingConfig(control: ThinkingControl, wish: ThinkingWish): JsonObject | undefined {
  if (control.kind === 'none') return undefined
  const thinking = isJsonObject(wish.thinking) ? wish.thinking : {}
  const requested = typeof wish.requestedEffort === 'string' ? wish.requestedEffort : undefined
  const disabled = thinking.type === 'disabled'
  const includeThoughts = !disabled && (isOn(thinking.type) || (requested !== undefined && requested !== 'none'))
  const effort = wish.ownEffort ?? (disabled ? 'none' : requested)
  const budget = typeof thinking.budget_tokens === 'number' ? thinking.budget_tokens : undefined
  const amount =
    control.kind === 'level'
      ? levelAmount(control.levels, effort ?? effortOf(budget))
      : budgetAmount(control, effort, budget, thinking.type === 'adaptive')
  if (amount === undefined && !includeThoughts) return undefined
  return { ...amount, ...(includeThoughts ? { includeThoughts } : {}) }
}

function isOn(type: unknown): boolean {
  return type === 'enabled' || type === 'adaptive'
}

/** The inverse of {@link budgetByEffort}. */
function effortOf(budget: number | undefined): string | undefined {
  if (budget === undefined) return undefined
  if (budget <= 1024) return 'low'
  return budget <= 8192 ? 'medium' : 'high'
}

function levelAmount(levels: readonly ThinkingLevel[], effort: string | undefined): JsonObject | undefined {
  if (effort === undefined) return undefined
  // `xhigh`, `max` and whatever comes: there is nothing above.
  const wanted = levelOrder.indexOf(levelByEffort.get(effort) ?? 'HIGH')
  const nearest = levels.find((level) => levelOrder.indexOf(level) >= wanted) ?? levels.at(-1)
  return { thinkingLevel: nearest }
}

function budgetAmount(
  control: Extract<ThinkingControl, { readonly kind: 'budget' }>,
  effort: string | undefined,
  budget: number | undefined,
  adaptive: boolean,
): JsonObject | undefined {
  const { minimum, maximum, canStop } = control
  if (effort === 'none') return { thinkingBudget: canStop ? 0 : minimum }
  const wanted = effort === undefined ? budget : (budgetByEffort.get(effort) ?? maximum)
  if (wanted === undefined) return adaptive ? { thinkingBudget: -1 } : undefined
  return { thinkingBudget: Math.min(maximum, Math.max(minimum, wanted)) }
}
