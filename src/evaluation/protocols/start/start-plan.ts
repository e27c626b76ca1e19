import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { selectRows } from '../../../outcomes/outcome-data.ts'
import { defaultLambda } from '../../../routing/decision/routing-preference.ts'
import { priceCostReferenceUsd } from '../../../routing/prediction/price-prior.ts'
import { summariseColumns } from '../../../routing/prediction/training-rows.ts'
import type { StarterModel } from '../../../routing/starter/starter-model.ts'
import { type PreparedData, prepareData, type RowSplit, trainTestRows } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'

/** The served λ, a low and a high one. */
export const startLambdas = [defaultLambda / 4, defaultLambda, 4 * defaultLambda] as const

/** Prompts since the start, by which figures are read. */
export const startWindows = [
  { name: '0–100', from: 0, to: 100 },
  { name: '100–250', from: 100, to: 250 },
  { name: '250–500', from: 250, to: 500 },
] as const

export const streamLength = 500

/** Of the split where a set brings none, as in drift: seeds decide the order of the stream, not what it is made of. */
const splitSeed = 1

/** Everything about an evaluation that follows from the data alone. */
export interface StartPlan {
  readonly prepared: PreparedData
  /** Only the test rows are routed. */
  readonly split: RowSplit
  /** Of the router that starts, and of the figures: its own, from the list prices. */
  readonly costReferenceUsd: number
  /** By the training rows. */
  readonly cheapest: number
  readonly bestSingle: number
}

/**
 * @throws {EvaluationError} `unfit_data` with fewer than 100 test prompts, or LLMs whose prices are unknown.
 */
export function planStart(source: OutcomeData): StartPlan {
  const prepared = prepareData(source, { cost: true, complete: true })
  const { data } = prepared
  const split = trainTestRows(prepared, splitSeed)
  if (split.test.length < startWindows[0].to) {
    const message = `${data.name}: ${split.test.length} test prompts are too few for a start, 100 are needed`
    throw new EvaluationError('unfit_data', message)
  }
  const train = selectRows(data, split.train)
  const quality = summariseColumns(train.quality, data.llms.length).means
  const costUsd = summariseColumns(train.costUsd, data.llms.length).means
  return {
    prepared,
    split,
    costReferenceUsd: priceCostReferenceUsd(data.llms),
    cheapest: costUsd.indexOf(Math.min(...costUsd)),
    bestSingle: quality.indexOf(Math.max(...quality)),
  }
}

/**
 * A starter must know nothing of the set it is tried on.
 *
 * @param dataSha256 of the set. @throws {EvaluationError} `unfit_data`
 */
export function requireForeignStarter(starter: StarterModel, dataSha256: string, name: string): void {
  const own = starter.sets.find((set) => set.sha256 === dataSha256 || set.name === name)
  if (own === undefined) return
  const message = `${name}: the starter was built from ${own.name} itself; build one with npm run starter -- … --without ${name}`
  throw new EvaluationError('unfit_data', message)
}
