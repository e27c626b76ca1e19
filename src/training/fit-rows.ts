import { setImmediate } from 'node:timers/promises'
import { type FittedLlm, type FittedPolicy, fittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { LevelMap } from '../routing/prediction/level-map.ts'
import { priceCostReferenceUsd } from '../routing/prediction/price-prior.ts'
import type { QualityPredictor } from '../routing/prediction/quality-predictor.ts'
import { summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import type { FitProgressListener } from './fit-progress.ts'
import { type FittedStack, fitStack } from './fit-stack.ts'
import { joinUniversal } from './join-universal.ts'

/** An LLM that rows are about. */
export interface RowLlm {
  readonly id: LlmId
  /** At the time of the outcomes. */
  readonly price: TokenPrice | undefined
  /** Deployments of one model share it. */
  readonly base: string
}

/** Everything a fit reads, prompts embedded already. */
export interface RowSource {
  /** In the order of `rows.llms`. */
  readonly llms: readonly RowLlm[]
  /** Row i is in fold i mod folds. */
  readonly rows: TrainingRows
  /** Of near-duplicates and of one conversation, by row. */
  readonly groupOf: Int32Array
}

export interface FitRowsOptions {
  readonly seed: number
  readonly folds: number
  /** Most cells are unknown, and which are known was chosen; see {@link fitStack}. */
  readonly isChosen?: boolean
  readonly onProgress?: FitProgressListener | undefined
}

/** What says which version it is; the rest follows from the rows. */
export type VersionName = Pick<
  FittedPolicy,
  'id' | 'createdAtMs' | 'description' | 'embedderId' | 'origin' | 'parentId' | 'throughSequence'
>

export interface FittedRows {
  readonly policy: FittedPolicy
  readonly stack: FittedStack
}

/** Quality, cost, reported levels, guard and label noise from rows: what fits and refits share. Yields between fits of one predictor. */
export async function fitRows(
  { llms, rows, groupOf }: RowSource,
  name: VersionName,
  options: FitRowsOptions,
): Promise<FittedRows> {
  const { seed } = options
  const stack = await fitStack(rows, { ...options, prices: llms.map(({ price }) => price), groupOf })
  const { cost, guard, outOfFold } = stack
  const bases = llms.map(({ base }) => base)
  const { quality, universal, described } = await joinUniversal(
    { rows, bases, quality: stack.quality, outOfFold },
    { seed, pause: () => setImmediate() },
  )
  const entries = describeLlms(llms, rows, described, meanEstimates(quality, rows, described), stack.means)
  const policy = fittedPolicy({
    ...name,
    formatVersion: 1,
    costReferenceUsd: costReference(llms, entries),
    quality,
    cost,
    noise: residualNoise(outOfFold, rows.quality, llms.length),
    levels: LevelMap.fit(outOfFold, rows.quality),
    guard,
    universal,
    llms: entries,
  })
  return { policy, stack }
}

/**
 * q̂ of the described LLMs on average over all prompts: their few labels may be of easy ones. By LLM; 0 for the others.
 */
function meanEstimates(quality: QualityPredictor, rows: TrainingRows, described: readonly number[]): Float64Array {
  const sums = new Float64Array(rows.llms.length)
  if (described.length === 0) return sums
  const predicted = new Float64Array(rows.llms.length)
  for (const context of rows.contexts) {
    quality.predict(context, predicted)
    for (const llm of described) sums[llm]! += predicted[llm]!
  }
  return sums.map((sum) => sum / rows.contexts.length)
}

/**
 * @param described indices of the LLMs with few labels, whose estimates rest on other LLMs' too.
 * @param levels of those, by LLM. @param means q̄ of the others.
 */
function describeLlms(
  llms: readonly RowLlm[],
  rows: TrainingRows,
  described: readonly number[],
  levels: Float64Array,
  means: Float64Array,
): FittedLlm[] {
  const { counts } = summariseColumns(rows.quality, llms.length)
  const cost = summariseColumns(rows.costUsd, llms.length)
  return llms.map(({ id, price }, index) => ({
    id,
    source: described.includes(index) ? 'described' : 'fitted',
    priceAtFit: price,
    labels: counts[index]!,
    meanQuality: described.includes(index) ? levels[index]! : means[index]!,
    meanCostUsd: cost.counts[index]! > 0 ? cost.means[index]! : undefined,
  }))
}

/** C_ref: mean recorded cost of the dearest LLM (mathematics §5); where no bill above 0 is known, from the list prices. */
function costReference(pool: readonly RowLlm[], llms: readonly FittedLlm[]): number {
  const dearest = Math.max(0, ...llms.map((llm) => llm.meanCostUsd ?? 0))
  return dearest > 0 ? dearest : priceCostReferenceUsd(pool)
}

/**
 * Root mean square of label − q̂ per LLM, out of fold. Never NaN, as every LLM fitted has labels; 0 only when every label
 * is met exactly, as by an LLM that is always right. What learns from it sets the floor.
 */
function residualNoise(predicted: Float64Array, quality: Float64Array, width: number): Float64Array {
  const squares = predicted.map((value, cell) => (quality[cell]! - value) ** 2)
  return summariseColumns(squares, width).means.map(Math.sqrt)
}
