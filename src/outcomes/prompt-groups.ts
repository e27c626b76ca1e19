import { normaliseText } from './deduplicate.ts'
import type { OutcomePrompt } from './outcome-data.ts'
import { singleLinkGroups } from './single-link-groups.ts'
import { termVectors } from './term-vectors.ts'

/** Which prompts must stay on one side of a split, and count as one when prompts are resampled. */
export interface PromptGroups {
  /** The group of each prompt, 0 … count − 1, numbered by first appearance; shape [prompts]. */
  readonly groupOf: Int32Array
  readonly count: number
}

/** Two prompts with a larger cosine ask nearly the same. */
export const nearDuplicateCosine = 0.8

/**
 * Groups of prompts that ask the same or nearly the same (mathematics §10): equal normalised texts, and texts whose
 * {@link termVectors} have a cosine above .8, directly or through others. Term frequencies are those of these prompts,
 * so that it depends on the whole list what counts as common. About 3 s for 15,000 prompts of 400 characters.
 */
export function promptGroups(prompts: readonly OutcomePrompt[]): PromptGroups {
  const texts = new Map<string, number>()
  const textOf = prompts.map((prompt) => {
    const text = normaliseText(prompt.text)
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, texts.size)
    return texts.size - 1
  })
  const firstOf = singleLinkGroups(termVectors([...texts.keys()]), nearDuplicateCosine)
  const numbers = new Map<number, number>()
  const groupOf = Int32Array.from(textOf, (text) => {
    const first = firstOf[text]!
    const known = numbers.get(first)
    if (known !== undefined) return known
    numbers.set(first, numbers.size)
    return numbers.size - 1
  })
  return { groupOf, count: numbers.size }
}
