import { normaliseText } from './deduplicate.ts'
import type { OutcomePrompt } from './outcome-data.ts'

/** Which prompts must stay on one side of a split, and count as one when prompts are resampled. */
export interface PromptGroups {
  /** The group of each prompt, 0 … count − 1, numbered by first appearance; shape [prompts]. */
  readonly groupOf: Int32Array
  readonly count: number
}

/** Groups of prompts with the same normalised text. */
export function promptGroups(prompts: readonly OutcomePrompt[]): PromptGroups {
  const numbers = new Map<string, number>()
  const groupOf = Int32Array.from(prompts, (prompt) => {
    const text = normaliseText(prompt.text)
    const known = numbers.get(text)
    if (known !== undefined) return known
    numbers.set(text, numbers.size)
    return numbers.size - 1
  })
  return { groupOf, count: numbers.size }
}
