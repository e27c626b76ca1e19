import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { selectRows } from '../../../outcomes/outcome-data.ts'
import { summariseColumns } from '../../../routing/prediction/training-rows.ts'
import { type PreparedData, type RowSplit, requireTrainingPrompts, trainTestRows } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import { realisedUtility } from '../../online/realised-utility.ts'
import { fewestLlms, prepareDriftData } from './drift-data.ts'
import { type DriftCast, type DriftSetting, driftBudgets, driftLambdas, driftSettings } from './drift-setting.ts'

/** Of the split where a set brings none: seeds decide the order of the stream, not what it is made of. */
export const driftSplitSeed = 1

/** Fewer, and a stream has no time for something to change and be learned. */
const fewestRequests = 150

/** Of the dearest LLM's mean bill to the cheapest one's: under that, budgets hardly differ. */
const leastSpread = 1.5

/** Everything about an evaluation that follows from the data alone. */
export interface DriftPlan {
  readonly prepared: PreparedData
  /** Offline rows and streamed rows. */
  readonly split: RowSplit
  readonly cast: DriftCast
  readonly settings: readonly DriftSetting[]
  readonly notes: readonly string[]
}

/**
 * Who plays which part, by the offline rows: the newcomer is the LLM of the best mean quality among those neither cheapest nor
 * dearest on average (on the set of ParetoBandit's authors that is theirs, Gemini 2.5 Flash); other deployments of its base
 * model stay out of the stream, as they would have told what is to be learned. The workhorse, whose quality drops or who
 * leaves, has the best mean utility at λ = 1.4 among the incumbents neither cheapest nor dearest.
 *
 * @throws {EvaluationError} `unfit_data` with fewer than three LLMs, fewer than 50 training prompts, or a stream shorter than 150, or
 *   incumbents that are all free.
 */
export function planDrift(source: OutcomeData): DriftPlan {
  const prepared = prepareDriftData(source)
  const { data } = prepared
  const split = trainTestRows(prepared, driftSplitSeed)
  if (data.llms.length < fewestLlms) {
    throw new EvaluationError(
      'unfit_data',
      `${data.name}: drift needs three LLMs with known costs, one of them to join`,
    )
  }
  if (split.test.length < fewestRequests) {
    const message = `${data.name}: a stream of ${split.test.length} prompts is too short, ${fewestRequests} are needed`
    throw new EvaluationError('unfit_data', message)
  }
  requireTrainingPrompts(prepared, [driftSplitSeed])
  const offline = selectRows(data, split.train)
  const width = data.llms.length
  const quality = summariseColumns(offline.quality, width).means
  const costUsd = summariseColumns(offline.costUsd, width).means
  const cast = castOf(data, quality, costUsd)
  const bills = cast.incumbents.map((llm) => costUsd[llm]!)
  const dearestUsd = Math.max(...bills)
  if (dearestUsd === 0) {
    throw new EvaluationError('unfit_data', `${data.name}: without the newcomer every known cost is 0`)
  }
  const cheapestUsd = Math.min(...bills.filter((bill) => bill > 0))
  const budgets = driftBudgets(cheapestUsd, dearestUsd)
  const newcomerPrice = data.llms[cast.newcomer]!.price === undefined ? 'unlisted' : 'listed'
  return {
    prepared,
    split,
    cast,
    settings: driftSettings(budgets, dearestUsd, split.test.length, newcomerPrice),
    notes: [...prepared.notes, ...castNotes(data, cast), ...costNotes(newcomerPrice, dearestUsd / cheapestUsd)],
  }
}

function costNotes(newcomerPrice: 'listed' | 'unlisted', spread: number): string[] {
  const notes: string[] = []
  if (newcomerPrice === 'unlisted') {
    notes.push(
      'No price of the newcomer is listed, so that nobody could be told it joins at another one: those streams are left out.',
    )
  }
  if (spread < leastSpread) {
    notes.push(
      `The dearest LLM bills only ${spread.toFixed(2)} times the cheapest that is not free: budgets lie close together, and there is little to pace.`,
    )
  }
  return notes
}

function castOf(data: OutcomeData, quality: Float64Array, costUsd: Float64Array): DriftCast {
  const everyone = data.llms.map((_, llm) => llm)
  const newcomer = bestOf(withoutExtremes(everyone, costUsd), (llm) => quality[llm]!)
  const { base } = data.llms[newcomer]!
  const incumbents = everyone.filter((llm) => data.llms[llm]!.base !== base)
  if (incumbents.length < 2) {
    throw new EvaluationError('unfit_data', `${data.name}: nobody is left for a pool without ${base}`)
  }
  const dearest = bestOf(incumbents, (llm) => costUsd[llm]!)
  const costReferenceUsd = costUsd[dearest]!
  const goal = { lambda: driftLambdas[0], budgetUsd: undefined, costReferenceUsd }
  const workhorse = bestOf(withoutExtremes(incumbents, costUsd), (llm) =>
    realisedUtility(quality[llm]!, costUsd[llm]!, goal),
  )
  return { newcomer, incumbents, workhorse, dearest }
}

/** Those between the cheapest and the dearest; of two, both. */
function withoutExtremes(llms: readonly number[], costUsd: Float64Array): readonly number[] {
  const cheapest = bestOf(llms, (llm) => -costUsd[llm]!)
  const dearest = bestOf(llms, (llm) => costUsd[llm]!)
  const between = llms.filter((llm) => llm !== cheapest && llm !== dearest)
  return between.length > 0 ? between : llms
}

/** The first of the highest worth. */
function bestOf(llms: readonly number[], worthOf: (llm: number) => number): number {
  let best = llms[0]!
  for (const llm of llms) if (worthOf(llm) > worthOf(best)) best = llm
  return best
}

function castNotes({ llms }: OutcomeData, { newcomer, incumbents, workhorse, dearest }: DriftCast): string[] {
  const siblings = llms.filter((_, index) => index !== newcomer && !incumbents.includes(index))
  const notes = [
    `The newcomer is ${llms[newcomer]!.id}; ${llms[workhorse]!.id} is the LLM that drops by .2 or leaves; ${llms[dearest]!.id} is the one whose price changes.`,
  ]
  if (siblings.length > 0) {
    notes.push(`Left out as deployments of the newcomer’s base model: ${siblings.map(({ id }) => id).join(', ')}.`)
  }
  return notes
}
