import { SeededRandom, shuffle } from '../routing/numeric/random-source.ts'
import { deduplicate, normaliseText } from './deduplicate.ts'
import type { OutcomeData, OutcomeLlm, OutcomePrompt } from './outcome-data.ts'
import { selectRows } from './outcome-data.ts'
import { OutcomeDataError } from './outcome-data-error.ts'

/** The names of the set's own splits, in order of first appearance; empty when it brings none. */
export function splitNames(data: OutcomeData): string[] {
  return [...new Set(data.prompts.flatMap((prompt) => (prompt.split === undefined ? [] : [prompt.split])))]
}

/**
 * The prompts of one of the set's own splits.
 * @throws {OutcomeDataError} `empty` when no prompt is in it; the message lists the splits there are.
 */
export function selectSplit(data: OutcomeData, name: string): OutcomeData {
  const rows: number[] = []
  data.prompts.forEach((prompt, row) => {
    if (prompt.split === name) rows.push(row)
  })
  if (rows.length === 0) {
    const names = splitNames(data)
    const known = names.length === 0 ? 'the set brings no split' : `there are ${names.join(', ')}`
    throw new OutcomeDataError('empty', { file: data.name, field: 'split' }, `no prompt is in '${name}'; ${known}`)
  }
  return selectRows(data, rows)
}

/**
 * One of the set's own splits, to be fitted on: equal texts merged, and without the texts that another split has too,
 * so that nothing of another split is in it. Prompts of no split are not another split.
 *
 * @returns the prompts left, possibly none, and how many of the split's were left out.
 * @throws {OutcomeDataError} `empty` when no prompt is in the split.
 */
export function selectUnsharedSplit(
  data: OutcomeData,
  name: string,
): { readonly data: OutcomeData; readonly shared: number } {
  const split = selectSplit(data, name)
  const elsewhere = new Set(
    data.prompts.flatMap((prompt) =>
      prompt.split === undefined || prompt.split === name ? [] : [normaliseText(prompt.text)],
    ),
  )
  const own = split.prompts.flatMap((prompt, row) => (elsewhere.has(normaliseText(prompt.text)) ? [] : [row]))
  return { data: deduplicate(selectRows(split, own)), shared: split.prompts.length - own.length }
}

/**
 * Divides a set in two by a hash of each prompt's group, so that a group is never on both sides and the division does
 * not depend on the order or number of prompts (mathematics §8). Near-duplicates (cosine above .8) are kept together
 * only where `groupOf` says so.
 *
 * @param share expected share of groups in `first`, (0, 1).
 * @param seed another seed gives another division.
 * @param groupOf by default the normalised text.
 */
export function splitByGroup(
  data: OutcomeData,
  share: number,
  seed: number,
  groupOf: (prompt: OutcomePrompt) => string = (prompt) => normaliseText(prompt.text),
): { readonly first: OutcomeData; readonly second: OutcomeData } {
  const first: number[] = []
  const second: number[] = []
  data.prompts.forEach((prompt, row) => {
    const side = groupFraction(groupOf(prompt), seed) < share ? first : second
    side.push(row)
  })
  return { first: selectRows(data, first), second: selectRows(data, second) }
}

/** Indices into the list that was divided, ascending. */
export interface LlmSplit {
  readonly train: readonly number[]
  readonly unseen: readonly number[]
}

/**
 * Divides LLMs at random so that all deployments of one `base` are on one side (mathematics §10).
 *
 * @param share of the bases in `train`, (0, 1); rounded, but at least one base is on each side where there are two.
 */
export function splitLlmsByBase(llms: readonly OutcomeLlm[], share: number, seed: number): LlmSplit {
  const bases = [...new Set(llms.map((llm) => llm.base))]
  const order = bases.map((_, index) => index)
  shuffle(order, new SeededRandom(seed))
  const count = Math.min(bases.length - 1, Math.max(1, Math.round(share * bases.length)))
  const trainBases = new Set(order.slice(0, count).map((index) => bases[index]!))
  const train: number[] = []
  const unseen: number[] = []
  llms.forEach((llm, index) => {
    const side = trainBases.has(llm.base) ? train : unseen
    side.push(index)
  })
  return { train, unseen }
}

/**
 * A group's place in [0, 1): FNV-1a over UTF-16 code units, started from the seed, finished with MurmurHash3's 32-bit
 * mixer (FNV alone leaves the high bits of short strings poorly spread).
 */
export function groupFraction(group: string, seed: number): number {
  let h = (0x811c9dc5 ^ Math.imul(seed | 0, 0x9e3779b1)) >>> 0
  for (let i = 0; i < group.length; i++) h = Math.imul(h ^ group.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}
