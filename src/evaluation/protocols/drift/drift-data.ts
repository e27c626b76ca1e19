import { type OutcomeData, selectLlms, selectRows } from '../../../outcomes/outcome-data.ts'
import { type PreparedData, prepareData } from '../../evaluation-data.ts'

/** One to join and two to join. */
export const fewestLlms = 3

/**
 * The data of a stream: every LLM's outcome of every prompt is known. Where keeping most outcomes would leave two LLMs,
 * the three with the most known outcomes stay instead, with the prompts they share.
 *
 * @throws {EvaluationError} `unfit_data` as {@link prepareData}.
 */
export function prepareDriftData(source: OutcomeData): PreparedData {
  const prepared = prepareData(source, { cost: true, complete: true })
  if (prepared.data.llms.length >= fewestLlms) return prepared
  const three = mostKnown(source)
  if (three.length < fewestLlms) return prepared
  const rows = source.prompts.flatMap((_, row) => (three.every((llm) => isKnown(source, row, llm)) ? [row] : []))
  const chosen = prepareData(selectRows(selectLlms(source, three), rows), { cost: true, complete: true })
  const lost = source.prompts.length - rows.length
  const ids = three.map((llm) => source.llms[llm]!.id).join(', ')
  const note = `Only the LLMs with the most outcomes are left (${ids}), and ${lost} prompts are left out that they do not share.`
  return { ...chosen, notes: [note, ...chosen.notes] }
}

/** Indices of the three whose cost and quality are known most often, ascending; those whose costs are incomplete not. */
function mostKnown(source: OutcomeData): readonly number[] {
  const counts = source.llms.map((_, llm) => source.prompts.filter((_prompt, row) => isKnown(source, row, llm)).length)
  return source.llms
    .flatMap(({ extra }, llm) => (extra.hiddenReasoning === true ? [] : [llm]))
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, fewestLlms)
    .sort((a, b) => a - b)
}

function isKnown({ llms, quality, costUsd }: OutcomeData, row: number, llm: number): boolean {
  const cell = row * llms.length + llm
  return !Number.isNaN(quality[cell]!) && !Number.isNaN(costUsd[cell]!)
}
