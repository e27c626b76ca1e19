/** How hard an LLM is asked to think, from not at all to as hard as it can; the words vendors share. */
export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

export type ReasoningEffort = (typeof reasoningEfforts)[number]
