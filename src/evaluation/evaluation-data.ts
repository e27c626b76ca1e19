import { type OutcomeData, selectLlms } from '../outcomes/outcome-data.ts'
import { type PromptGroups, promptGroups } from '../outcomes/prompt-groups.ts'
import { groupFraction, splitNames } from '../outcomes/split.ts'
import { EvaluationError } from './evaluation-error.ts'

/** Outcome data made ready for a protocol: the rules of mathematics §10 applied. */
export interface PreparedData {
  readonly data: OutcomeData
  readonly groups: PromptGroups
  /** The set's own split, where it brings one that can be used. */
  readonly ownSplit: { readonly train: readonly number[]; readonly test: readonly number[] } | undefined
  /** What was left out and why, for the reader. */
  readonly notes: readonly string[]
}

/** Rows of {@link PreparedData}. */
export interface RowSplit {
  readonly train: readonly number[]
  readonly test: readonly number[]
}

/** Share of groups that is fitted on where a set brings no split. */
const trainShare = 0.7

/** Which outcomes a protocol cannot do without. */
export interface DataNeeds {
  /** LLMs without recorded costs are left out. */
  readonly cost: boolean
  /** LLMs with unknown cells are left out, where at least two are left. */
  readonly complete: boolean
}

/**
 * Merges equal prompts, leaves out the LLMs a protocol cannot use, and groups near-duplicates.
 *
 * @throws {EvaluationError} `unfit_data` when no LLM or no prompt is left.
 */
export function prepareData(source: OutcomeData, needs: DataNeeds): PreparedData {
  const notes: string[] = []
  const kept = source.llms.flatMap((_, llm) => (isUsable(source, llm, needs) ? [llm] : []))
  if (kept.length === 0) throw new EvaluationError('unfit_data', `${source.name}: no LLM has the outcomes this needs`)
  const data = selectLlms(source, kept)
  const names = splitNames(data)
  const test = data.prompts.flatMap((prompt, row) => (prompt.split === 'test' ? [row] : []))
  const train = data.prompts.flatMap((prompt, row) =>
    prompt.split === undefined || prompt.split === 'test' ? [] : [row],
  )
  return {
    data,
    groups: promptGroups(data.prompts),
    ownSplit: names.includes('test') && train.length > 0 ? { train, test } : undefined,
    notes,
  }
}

function isUsable(data: OutcomeData, llm: number, needs: DataNeeds): boolean {
  const width = data.llms.length
  for (let row = 0; row < data.prompts.length; row++) {
    const cell = row * width + llm
    if (needs.complete && Number.isNaN(data.quality[cell]!)) return false
    if (needs.cost && Number.isNaN(data.costUsd[cell]!)) return false
  }
  return true
}

/** The set's own split whatever the seed; else 70 % of the groups, by a hash of the group's first prompt and the seed. */
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
  return { train, test }
}
