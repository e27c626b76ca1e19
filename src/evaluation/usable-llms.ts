import type { OutcomeData } from '../outcomes/outcome-data.ts'

/** Which outcomes a protocol cannot do without. */
export interface DataNeeds {
  /** LLMs without recorded costs are left out, and those whose costs are known to be incomplete. */
  readonly cost: boolean
  /** LLMs with unknown cells are left out, where at least two are left. */
  readonly complete: boolean
}

/** Which LLMs of a set a protocol can use. */
export interface LlmChoice {
  /** Indices, ascending; possibly none. */
  readonly llms: readonly number[]
  /** What an LLM needed in the end, for messages. */
  readonly need: string
  /** Who was left out and why, for the reader. */
  readonly notes: readonly string[]
}

/** Fewer known cells, and nothing can be fitted for an LLM. */
const fewestCells = 20

/** Where hardly any LLM is complete, this share of known cells is enough. */
const enoughShare = 0.5

/** An LLM's costs are lower bounds where the set says that reasoning tokens are hidden. */
const hiddenReasoning = 'hiddenReasoning'

/**
 * The LLMs whose outcomes suffice (mathematics §10). Needed cells are known qualities, with known costs where
 * `needs.cost`. With `needs.complete` every prompt's cell is needed, or half of them where fewer than two LLMs have
 * all; without it, 20.
 */
export function usableLlms(data: OutcomeData, needs: DataNeeds): LlmChoice {
  const what = needs.cost ? 'quality and cost' : 'quality'
  const all = data.llms.map((_, llm) => llm)
  const hidden = needs.cost ? all.filter((llm) => data.llms[llm]!.extra[hiddenReasoning] === true) : []
  const notes: string[] = []
  if (hidden.length > 0) {
    notes.push(`Left out, as their recorded costs lack hidden reasoning tokens: ${ids(data, hidden)}.`)
  }
  const counts = knownCells(data, needs.cost)
  const reaching = (cells: number): number[] => all.filter((llm) => counts[llm]! >= cells && !hidden.includes(llm))
  const choice = choose(data, needs.complete, what, reaching)
  const leftOut = all.filter((llm) => !choice.llms.includes(llm) && !hidden.includes(llm))
  if (leftOut.length > 0) notes.push(`Left out, as they lack ${choice.need}: ${ids(data, leftOut)}.`)
  return { ...choice, notes }
}

function choose(
  data: OutcomeData,
  complete: boolean,
  what: string,
  reaching: (cells: number) => number[],
): Pick<LlmChoice, 'llms' | 'need'> {
  if (!complete) return { llms: reaching(fewestCells), need: `a known ${what} of ${fewestCells} prompts` }
  const full = reaching(data.prompts.length)
  if (full.length >= 2) return { llms: full, need: `a known ${what} of every prompt` }
  const enough = Math.max(fewestCells, Math.ceil(enoughShare * data.prompts.length))
  return { llms: reaching(enough), need: `a known ${what} of half the prompts (fewer than two LLMs have all)` }
}

function knownCells(data: OutcomeData, cost: boolean): Int32Array {
  const width = data.llms.length
  const counts = new Int32Array(width)
  for (let cell = 0; cell < data.quality.length; cell++) {
    if (Number.isNaN(data.quality[cell]!) || (cost && Number.isNaN(data.costUsd[cell]!))) continue
    counts[cell % width]!++
  }
  return counts
}

function ids(data: OutcomeData, llms: readonly number[]): string {
  return llms.map((llm) => data.llms[llm]!.id).join(', ')
}
