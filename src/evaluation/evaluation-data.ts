import { deduplicate } from '../outcomes/deduplicate.ts'
import { type OutcomeData, type OutcomePrompt, selectLlms, selectRows } from '../outcomes/outcome-data.ts'
import { type PromptGroups, promptGroups } from '../outcomes/prompt-groups.ts'
import { groupFraction } from '../outcomes/split.ts'
import { EvaluationError } from './evaluation-error.ts'
import type { EvaluatedData } from './evaluation-result.ts'
import { type DataNeeds, type LlmChoice, usableLlms } from './usable-llms.ts'

/** Outcome data made ready for a protocol: the rules of mathematics §10 applied. */
export interface PreparedData {
  readonly data: OutcomeData
  readonly groups: PromptGroups
  /**
   * The set's own split, where it brings one that can be used: its prompts `test`, and those of every other split that
   * are not near any of them. Prompts without a split are on neither side.
   */
  readonly ownSplit: RowSplit | undefined
  /** What was left out and why, for the reader. */
  readonly notes: readonly string[]
}

/** Rows of {@link PreparedData}, ascending. */
export interface RowSplit {
  readonly train: readonly number[]
  readonly test: readonly number[]
}

/** Share of groups that is fitted on where a set brings no split. */
const trainShare = 0.7

/** Fewer prompts, and nothing is left to fit on or to tell apart once they are divided. */
const fewestPrompts = 50

/** Fewer, and the set's own split has nothing to fit on or to report. */
const fewestPromptsPerSide = 20

/**
 * Merges equal prompts, leaves out the LLMs and prompts a protocol cannot use, groups
 * near-duplicates, and takes training prompts that are near a test prompt out of the set's own split.
 *
 * @throws {EvaluationError} `unfit_data` when fewer than two LLMs or 50 prompts are left, when all costs are 0, or when
 *   a side of the set's own split has fewer than 20 prompts.
 */
export function prepareData(source: OutcomeData, needs: DataNeeds): PreparedData {
  const notes: string[] = []
  const hasOwnSplit =
    source.prompts.some((prompt) => sideOf(prompt) === 'test') &&
    source.prompts.some((prompt) => sideOf(prompt) === 'train')
  const merged = hasOwnSplit ? deduplicate(source, sideOf) : deduplicate(source)
  if (merged.prompts.length < source.prompts.length) {
    const within = hasOwnSplit ? ' on its side of the split' : ''
    const count = source.prompts.length - merged.prompts.length
    notes.push(`${prompts(count)} merged into another of the same text${within}.`)
  }
  const answered = withAnswers(merged, needs, notes)
  const chosen = usableLlms(answered, needs)
  notes.push(...chosen.notes)
  const data = withAnswers(selectRows(selectLlms(answered, chosen.llms), chosen.rows), needs, notes)
  requireEnough(data, chosen, needs)
  const groups = promptGroups(data.prompts)
  const sizes = new Int32Array(groups.count)
  for (const group of groups.groupOf) sizes[group]!++
  const near = sizes.reduce((sum, size) => sum + (size > 1 ? size : 0), 0)
  if (near > 0)
    notes.push(`${prompts(near)} nearly equal to another one; such prompts stay on one side of every split.`)
  return { data, groups, ownSplit: hasOwnSplit ? ownSplit(data, groups, notes) : undefined, notes }
}

/**
 * The set's own split whatever the seed; else 70 % of the groups, by a hash of the group's first prompt and the seed.
 *
 * @throws {EvaluationError} `unfit_data` when all prompts fall on one side, as they are nearly equal.
 */
export function trainTestRows(prepared: PreparedData, seed: number): RowSplit {
  if (prepared.ownSplit !== undefined) return prepared.ownSplit
  const train: number[] = []
  const test: number[] = []
  const { groupOf } = prepared.groups
  const names: string[] = []
  prepared.data.prompts.forEach((prompt, row) => {
    const group = groupOf[row]!
    names[group] ??= prompt.text
    const side = groupFraction(names[group]!, seed) < trainShare ? train : test
    side.push(row)
  })
  if (train.length === 0 || test.length === 0) {
    const message = `${prepared.data.name}: its prompts are too much alike to be divided (${prepared.groups.count} groups)`
    throw new EvaluationError('unfit_data', message)
  }
  return { train, test }
}

/**
 * Checks that every seed leaves enough to fit on: folds choose nothing on fewer prompts.
 *
 * @throws {EvaluationError} `unfit_data` when a seed has fewer than 50 training prompts.
 */
export function requireTrainingPrompts(prepared: PreparedData, seeds: readonly number[]): void {
  for (const seed of seeds) {
    const { train } = trainTestRows(prepared, seed)
    if (train.length >= fewestPrompts) continue
    const message = `${prepared.data.name}: seed ${seed} has ${train.length} training prompts; at least ${fewestPrompts} are needed`
    throw new EvaluationError('unfit_data', message)
  }
}

/** What `result.json` says of the data a protocol worked on. */
export function describeData(data: OutcomeData): EvaluatedData {
  let outcomes = 0
  for (const cell of data.quality) if (!Number.isNaN(cell)) outcomes++
  return { name: data.name, prompts: data.prompts.length, llms: data.llms.length, outcomes }
}

function sideOf(prompt: OutcomePrompt): 'train' | 'test' | 'none' {
  if (prompt.split === undefined) return 'none'
  return prompt.split === 'test' ? 'test' : 'train'
}

/** Without the prompts that no LLM has an outcome of. */
function withAnswers(data: OutcomeData, needs: DataNeeds, notes: string[]): OutcomeData {
  const width = data.llms.length
  const kept = data.prompts.flatMap((_, row) => {
    for (let cell = row * width; cell < (row + 1) * width; cell++) {
      if (Number.isNaN(data.quality[cell]!)) continue
      if (!needs.cost || !Number.isNaN(data.costUsd[cell]!)) return [row]
    }
    return []
  })
  const count = data.prompts.length - kept.length
  if (count === 0) return data
  notes.push(`${prompts(count)} left out: no LLM has a known quality${needs.cost ? ' and cost' : ''} there.`)
  return selectRows(data, kept)
}

function requireEnough(data: OutcomeData, chosen: LlmChoice, needs: DataNeeds): void {
  const fail = (message: string): never => {
    throw new EvaluationError('unfit_data', `${data.name}: ${[message, ...chosen.notes].join(' ')}`)
  }
  if (data.prompts.length === 0) fail(`no outcome has a known ${needs.cost ? 'quality and cost' : 'quality'}.`)
  if (data.llms.length < 2) fail(`routing needs two LLMs with ${chosen.need}, there is ${data.llms[0]?.id ?? 'none'}.`)
  if (data.prompts.length < fewestPrompts) {
    fail(`at least ${fewestPrompts} different prompts with outcomes are needed, there are ${data.prompts.length}.`)
  }
  if (needs.cost && !data.costUsd.some((cost) => cost > 0))
    fail('every known costUsd is 0: there is nothing to trade off.')
}

function ownSplit(data: OutcomeData, groups: PromptGroups, notes: string[]): RowSplit {
  const test: number[] = []
  const inTest = new Uint8Array(groups.count)
  data.prompts.forEach((prompt, row) => {
    if (sideOf(prompt) !== 'test') return
    test.push(row)
    inTest[groups.groupOf[row]!] = 1
  })
  const candidates = data.prompts.flatMap((prompt, row) => (sideOf(prompt) === 'train' ? [row] : []))
  const train = candidates.filter((row) => inTest[groups.groupOf[row]!] === 0)
  const near = candidates.length - train.length
  if (near > 0) notes.push(`${prompts(near)} left out of training: equal or nearly equal to a test prompt.`)
  const neither = data.prompts.length - candidates.length - test.length
  if (neither > 0) notes.push(`${prompts(neither)} of no split: on neither side of the set's own one.`)
  if (train.length < fewestPromptsPerSide || test.length < fewestPromptsPerSide) {
    const message = `${data.name}: its own split leaves ${train.length} prompts to fit on and ${test.length} to test; at least ${fewestPromptsPerSide} of each are needed`
    throw new EvaluationError('unfit_data', message)
  }
  return { train, test }
}

function prompts(count: number): string {
  return count === 1 ? '1 prompt' : `${count} prompts`
}
