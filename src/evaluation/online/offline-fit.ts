import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { type FittedPolicy, fittedPolicy } from '../../routing/prediction/fitted-policy.ts'
import { LevelMap } from '../../routing/prediction/level-map.ts'
import type { QualityPredictor } from '../../routing/prediction/quality-predictor.ts'
import { selectTrainingRows, summariseColumns, type TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { type FittedStack, fitStack } from '../../training/fit-stack.ts'
import { predictCosts } from '../../training/predict-costs.ts'
import { ContextTable } from './context-table.ts'
import type { OfflineKnowledge } from './online-policy.ts'

/** Row i of the offline rows is in fold i mod this. */
export const offlineFolds = 5

const folds = offlineFolds

/** What the policies that rest on our own predictors share: one stack and one cost predictor, fitted on the incumbents. */
export interface OfflineFit {
  /** LLMs that are not newcomers, as indices into the data set's; the order of everything below. */
  readonly incumbents: readonly number[]
  readonly rows: TrainingRows
  readonly prices: readonly (TokenPrice | undefined)[]
  readonly stack: FittedStack
  /** The stack as the router would serve it. */
  readonly policy: FittedPolicy
  /** q̂ of the stack by context. */
  readonly quality: ContextTable
  /** Predicted bills of the rows fitted on, row-major rows × incumbents, USD. */
  readonly costUsd: Float64Array
}

/** Fits once per knowledge, whoever asks. */
export class OfflineFits {
  readonly #fits = new WeakMap<OfflineKnowledge, Promise<OfflineFit>>()

  of(knowledge: OfflineKnowledge): Promise<OfflineFit> {
    const known = this.#fits.get(knowledge)
    if (known !== undefined) return known
    const fit = fitOffline(knowledge)
    this.#fits.set(knowledge, fit)
    return fit
  }
}

async function fitOffline({ rows: all, prices: allPrices, newcomers, seed }: OfflineKnowledge): Promise<OfflineFit> {
  const incumbents = all.llms.flatMap((_, llm) => (newcomers.includes(llm) ? [] : [llm]))
  const rows = selectRowColumns(all, incumbents)
  const prices = incumbents.map((llm) => allPrices[llm])
  const stack = await fitStack(rows, { seed, folds, prices })
  const quality = tableOf(stack.quality)
  const costUsd = new Float64Array(rows.quality.length)
  const indices = rows.contexts.map((_, row) => row)
  predictCosts(stack.cost, rows, prices, indices, costUsd)
  const policy = offlinePolicy(rows, prices, stack, fromTable(stack.quality, quality))
  return { incumbents, rows, prices, stack, policy, quality, costUsd }
}

/** The stack as a version of the router, made by the same rules as `fitPolicy`, whose embedder is not known here. */
function offlinePolicy(
  rows: TrainingRows,
  prices: readonly (TokenPrice | undefined)[],
  { cost, guard, outOfFold }: FittedStack,
  quality: QualityPredictor,
): FittedPolicy {
  const width = rows.llms.length
  const labels = summariseColumns(rows.quality, width)
  const bills = summariseColumns(rows.costUsd, width)
  const squares = outOfFold.map((value, cell) => (rows.quality[cell]! - value) ** 2)
  const known = bills.means.filter((_, llm) => bills.counts[llm]! > 0)
  return fittedPolicy({
    formatVersion: 1,
    id: 'offline',
    createdAtMs: 0,
    description: 'fitted for an evaluation',
    embedderId: rows.contexts[0]!.embedderId,
    costReferenceUsd: Math.max(...known),
    quality,
    cost,
    noise: summariseColumns(squares, width).means.map(Math.sqrt),
    levels: LevelMap.fit(outOfFold, rows.quality),
    guard,
    llms: rows.llms.map((id, llm) => ({
      id,
      source: 'fitted',
      priceAtFit: prices[llm],
      labels: labels.counts[llm]!,
      meanQuality: labels.means[llm]!,
      meanCostUsd: bills.counts[llm]! > 0 ? bills.means[llm]! : undefined,
    })),
  })
}

/** q̂ by context, shape [llms]. */
export function tableOf(predictor: QualityPredictor): ContextTable {
  return new ContextTable(predictor.llms.length, (context, row) => predictor.predict(context, row))
}

/** The same predictor, answering from its table: predictions are frozen, and every order asks for the same ones. */
function fromTable(predictor: QualityPredictor, table: ContextTable): QualityPredictor {
  return {
    llms: predictor.llms,
    predict: (context: RoutingContext, quality: Float64Array) => quality.set(table.row(context)),
    snapshot: () => predictor.snapshot(),
  }
}

function selectRowColumns(rows: TrainingRows, columns: readonly number[]): TrainingRows {
  const width = rows.llms.length
  const pick = (cells: Float64Array) =>
    Float64Array.from(
      { length: rows.contexts.length * columns.length },
      (_, cell) => cells[Math.floor(cell / columns.length) * width + columns[cell % columns.length]!]!,
    )
  return {
    llms: columns.map((llm) => rows.llms[llm]!),
    contexts: rows.contexts,
    quality: pick(rows.quality),
    costUsd: pick(rows.costUsd),
    inputTokens: pick(rows.inputTokens),
    outputTokens: pick(rows.outputTokens),
  }
}

/** Predictions of each row by a predictor that has not seen it, row-major; row i is in fold i mod 5. */
export function crossFit(rows: TrainingRows, fitRows: (rows: TrainingRows) => QualityPredictor): Float64Array {
  const width = rows.llms.length
  const predicted = new Float64Array(rows.quality.length)
  const indices = rows.contexts.map((_, row) => row)
  for (let fold = 0; fold < folds; fold++) {
    const train = indices.filter((row) => row % folds !== fold)
    const predictor = fitRows(selectTrainingRows(rows, train))
    for (const row of indices) {
      if (row % folds !== fold) continue
      predictor.predict(rows.contexts[row]!, predicted.subarray(row * width, (row + 1) * width))
    }
  }
  return predicted
}
