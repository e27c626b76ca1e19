import type { OutcomeData } from '../outcomes/outcome-data.ts'

/** Which outcomes a protocol cannot do without. */
export interface DataNeeds {
  /** LLMs without recorded costs are left out, and those whose costs are known to be incomplete. */
  readonly cost: boolean
  /** Every LLM has a known cell of every prompt: LLMs and prompts that lack some are left out, so that most cells stay. */
  readonly complete: boolean
}

/** Which LLMs of a set a protocol can use. */
export interface LlmChoice {
  /** Indices, ascending; possibly none. */
  readonly llms: readonly number[]
  /** Prompts that are left, ascending: where all cells are needed those of which every LLM of `llms` has one. */
  readonly rows: readonly number[]
  /** What an LLM needed in the end, for messages. */
  readonly need: string
  /** Who was left out and why, for the reader. */
  readonly notes: readonly string[]
}

/** Fewer known cells, and nothing can be fitted for an LLM. */
const fewestCells = 20

/** Where all cells are needed, an LLM that has fewer would cost too many prompts. */
const nearlyAll = 0.95

/** Where fewer than two LLMs have nearly all, this share is enough. */
const enoughShare = 0.5

/** Of whatever LLMs: fewer prompts cannot be divided. */
const fewestRows = 50

/** An LLM's costs are lower bounds where the set says that reasoning tokens are hidden. */
const hiddenReasoning = 'hiddenReasoning'

/**
 * The LLMs, and the prompts, whose outcomes suffice (mathematics §10). Needed cells are known qualities, with known costs where
 * `needs.cost`. Without `needs.complete` an LLM needs 20. With it, LLMs come in from the most complete to those with 95 % (with
 * half, where fewer than two have 95 %), each at the price of the prompts it lacks, as long as that makes the number of cells,
 * LLMs × prompts, largest.
 */
export function usableLlms(data: OutcomeData, needs: DataNeeds): LlmChoice {
  const what = needs.cost ? 'quality and cost' : 'quality'
  const all = data.llms.map((_, llm) => llm)
  const hidden = needs.cost ? all.filter((llm) => data.llms[llm]!.extra[hiddenReasoning] === true) : []
  const notes: string[] = []
  if (hidden.length > 0) {
    notes.push(`Left out, as their recorded costs lack hidden reasoning tokens: ${ids(data, hidden)}.`)
  }
  const isKnown = knownCells(data, needs.cost)
  const priced = all.filter((llm) => !hidden.includes(llm))
  const choice = needs.complete ? chooseComplete(data, isKnown, priced, what) : chooseAny(data, isKnown, priced, what)
  const leftOut = priced.filter((llm) => !choice.llms.includes(llm))
  if (leftOut.length > 0) notes.push(`Left out, as they lack ${choice.need}: ${ids(data, leftOut)}.`)
  const lost = data.prompts.length - choice.rows.length
  if (lost > 0 && choice.llms.length > 0) {
    notes.push(
      `${lost === 1 ? '1 prompt' : `${lost} prompts`} left out: not each of the ${choice.llms.length} LLMs kept has a known ${what} there.`,
    )
  }
  return { ...choice, notes }
}

type Choice = Omit<LlmChoice, 'notes'>

function chooseAny(data: OutcomeData, isKnown: Uint8Array, llms: readonly number[], what: string): Choice {
  const counts = countKnown(isKnown, data.llms.length)
  return {
    llms: llms.filter((llm) => counts[llm]! >= fewestCells),
    rows: data.prompts.map((_, row) => row),
    need: `a known ${what} of ${fewestCells} prompts`,
  }
}

function chooseComplete(data: OutcomeData, isKnown: Uint8Array, llms: readonly number[], what: string): Choice {
  const prompts = data.prompts.length
  const counts = countKnown(isKnown, data.llms.length)
  const reaching = (share: number): number[] =>
    llms.filter((llm) => counts[llm]! >= share * prompts).sort((a, b) => counts[b]! - counts[a]! || a - b)
  const nearly = reaching(nearlyAll)
  if (nearly.length >= 2) {
    return { ...mostCells(nearly, isKnown, data), need: `a known ${what} of (nearly) every prompt` }
  }
  const need = `a known ${what} of enough of the same prompts (fewer than two LLMs have nearly all)`
  return { ...mostCells(reaching(enoughShare), isKnown, data), need }
}

/** Of the first LLMs of a list, so many that LLMs × prompts known of all is largest; of equal ones the most LLMs. */
function mostCells(
  ranked: readonly number[],
  isKnown: Uint8Array,
  { llms, prompts }: OutcomeData,
): Pick<LlmChoice, 'llms' | 'rows'> {
  let rows = prompts.map((_, row) => row)
  let best: Pick<LlmChoice, 'llms' | 'rows'> = { llms: ranked, rows: [] }
  ranked.forEach((llm, place) => {
    rows = rows.filter((row) => isKnown[row * llms.length + llm] === 1)
    const kept = ranked.slice(0, place + 1)
    const isLarger = kept.length * rows.length >= best.llms.length * best.rows.length
    if (kept.length >= 2 && rows.length >= fewestRows && isLarger) best = { llms: kept, rows }
  })
  // Where no two of them share enough prompts, what is left says so.
  if (best.rows.length === 0) best = { llms: ranked, rows }
  return { llms: [...best.llms].sort((a, b) => a - b), rows: best.rows }
}

/** By cell: 1 where what is needed is known. */
function knownCells({ quality, costUsd }: OutcomeData, cost: boolean): Uint8Array {
  return Uint8Array.from(quality, (value, cell) =>
    Number.isNaN(value) || (cost && Number.isNaN(costUsd[cell]!)) ? 0 : 1,
  )
}

function countKnown(isKnown: Uint8Array, width: number): Int32Array {
  const counts = new Int32Array(width)
  for (let cell = 0; cell < isKnown.length; cell++) counts[cell % width]! += isKnown[cell]!
  return counts
}

function ids(data: OutcomeData, llms: readonly number[]): string {
  return llms.map((llm) => data.llms[llm]!.id).join(', ')
}
