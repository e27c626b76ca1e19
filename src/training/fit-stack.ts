import type { HullGuard } from '../routing/decision/hull-guard.ts'
import { RoutingError } from '../routing/errors.ts'
import { selectMatrixRows } from '../routing/numeric/matrix.ts'
import { ClusterQualityPredictor } from '../routing/prediction/cluster-quality-predictor.ts'
import { ForestQualityPredictor } from '../routing/prediction/forest-quality-predictor.ts'
import type { QualityPredictor } from '../routing/prediction/quality-predictor.ts'
import { RidgeQualityPredictor } from '../routing/prediction/ridge-quality-predictor.ts'
import { stackWeights } from '../routing/prediction/stack-weights.ts'
import { StackedQualityPredictor } from '../routing/prediction/stacked-quality-predictor.ts'
import { TokenCostPredictor } from '../routing/prediction/token-cost-predictor.ts'
import { selectTrainingRows, summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { chooseRidge, type RidgeSetting } from './choose-ridge-penalty.ts'
import { chooseTrust } from './choose-trust.ts'
import { fitHullGuard } from './fit-hull-guard.ts'
import { type FitProgressListener, reportStep } from './fit-progress.ts'
import { predictCosts } from './predict-costs.ts'

export interface FitStackOptions {
  readonly seed: number
  /** At least 2. */
  readonly folds: number
  /** Of `rows.llms`, at the time of the outcomes. */
  readonly prices: readonly (TokenPrice | undefined)[]
  /** Of near-duplicates, by row: they count once in standard errors. Left out, all rows differ. */
  readonly groupOf?: Int32Array | undefined
  /**
   * Which cells are known was chosen by their requests, as by a router: an LLM's mean over its own rows is then not comparable with another's,
   * and q̄ is the mean over all rows of the label where there is one and of the out-of-fold estimate where there is none.
   */
  readonly isChosen?: boolean | undefined
  readonly onProgress?: FitProgressListener | undefined
}

export interface FittedStack {
  readonly quality: StackedQualityPredictor
  readonly cost: TokenCostPredictor
  /** Where the LLM means serve better than `quality`. */
  readonly guard: HullGuard
  /** Of the ridge member. */
  readonly ridge: RidgeSetting
  /** q̄, by LLM. */
  readonly means: Float64Array
  /** q̂ of the stack for each training row, from members and means that had not seen it; κ and weights have. Row-major. */
  readonly outOfFold: Float64Array
}

interface MemberSettings {
  readonly seed: number
  readonly ridge: RidgeSetting
  /** One of the fits that only serve to choose weights and κ. */
  readonly isTrial: boolean
}

type MemberFit = (rows: TrainingRows, settings: MemberSettings) => QualityPredictor

/** Of the forest: a prediction reads a path of each tree, and the fit grows with trees × draws. */
const trees = 100
const trialTrees = 25
const leaf = 15
const maxDraws = 3000

/** What the stack is made of; why these: docs/decisions/0016. */
const memberFits: readonly MemberFit[] = [
  (rows, { ridge }) => RidgeQualityPredictor.fit(rows, ridge),
  (rows, { seed }) => ClusterQualityPredictor.fit(rows, { seed }),
  (rows, { seed, isTrial }) =>
    ForestQualityPredictor.fit(rows, { seed, leaf, maxDraws, trees: isTrial ? trialTrees : trees }),
]

/**
 * The members of a stack in their order: ridge, clusters, forest.
 *
 * @param beforeEach awaited before each fit, with how many are done.
 */
export async function fitMembers(
  rows: TrainingRows,
  seed: number,
  ridge: RidgeSetting,
  beforeEach?: (done: number) => Promise<void>,
): Promise<QualityPredictor[]> {
  const members: QualityPredictor[] = []
  for (const fitMember of memberFits) {
    await beforeEach?.(members.length)
    members.push(fitMember(rows, { seed, ridge, isTrial: false }))
  }
  return members
}

/**
 * Fits the stack of mathematics §2: the ridge's setting, weights and κ from out-of-fold predictions, then every member on all rows. Row i is in
 * fold i mod `folds`, so that the caller's order decides the folds.
 *
 * @throws {RoutingError} `invalid_option` when there are fewer than two folds or fewer rows than folds.
 */
export async function fitStack(rows: TrainingRows, options: FitStackOptions): Promise<FittedStack> {
  const { seed, folds, prices, groupOf, onProgress } = options
  if (!(folds >= 2) || rows.contexts.length < folds) {
    throw new RoutingError('invalid_option', `${rows.contexts.length} rows cannot be divided into ${folds} folds`, {
      param: 'folds',
    })
  }
  await reportStep(onProgress, 'cross-validation', 0, folds * (memberFits.length + 1) + 1)
  const ridge = await chooseRidge(rows, folds, groupOf)
  const { members, costUsd } = await crossValidate(rows, ridge, options)
  const width = rows.llms.length
  const weights = stackWeights(members, rows.quality, width)
  const combined = combine(members, weights, width)
  const { deviations, counts } = summariseColumns(rows.quality, width)
  const levels = options.isChosen === true ? filledCells(rows.quality, combined) : rows.quality
  const { means } = summariseColumns(levels, width)
  const foldMeans = outOfFoldMeans(rows, levels, folds)
  const trust = chooseTrust({ combined, means: foldMeans, costUsd, rows })
  const outOfFold = shrink(combined, foldMeans, trust)
  const guard = fitHullGuard({
    quality: outOfFold,
    costUsd,
    meanQuality: foldMeans,
    meanCostUsd: outOfFoldMeans(rows, rows.costUsd, folds),
    rows,
    groupOf,
  })
  const reportFinal = (done: number) => reportStep(onProgress, 'final', done, memberFits.length + 1)
  const quality = new StackedQualityPredictor({
    members: await fitMembers(rows, seed, ridge, reportFinal),
    weights,
    trust,
    means,
    meanErrors: deviations.map((deviation, llm) => deviation / Math.sqrt(Math.max(1, counts[llm]!))),
  })
  await reportFinal(memberFits.length)
  const cost = TokenCostPredictor.fit(rows, prices, folds)
  await reportFinal(memberFits.length + 1)
  return { quality, cost, guard, ridge, means, outOfFold }
}

interface CrossValidated {
  /** Per member, row-major. */
  readonly members: Float64Array[]
  readonly costUsd: Float64Array
}

async function crossValidate(
  rows: TrainingRows,
  ridge: RidgeSetting,
  options: FitStackOptions,
): Promise<CrossValidated> {
  const { seed, folds, prices, onProgress } = options
  const width = rows.llms.length
  const members = memberFits.map(() => new Float64Array(rows.quality.length))
  const costUsd = new Float64Array(rows.quality.length)
  const steps = folds * (memberFits.length + 1) + 1
  let done = 1
  for (let fold = 0; fold < folds; fold++) {
    const { train, heldOut } = foldOf(rows, fold, folds)
    for (const [index, fitMember] of memberFits.entries()) {
      await reportStep(onProgress, 'cross-validation', done++, steps)
      const member = fitMember(train, { seed, ridge, isTrial: true })
      for (const row of heldOut) {
        member.predict(rows.contexts[row]!, members[index]!.subarray(row * width, (row + 1) * width))
      }
    }
    await reportStep(onProgress, 'cross-validation', done++, steps)
    // Without one fold the others follow each other as before.
    predictCosts(TokenCostPredictor.fit(train, prices, folds - 1), rows, prices, heldOut, costUsd)
  }
  await reportStep(onProgress, 'cross-validation', steps, steps)
  return { members, costUsd }
}

function foldOf(
  rows: TrainingRows,
  fold: number,
  folds: number,
): { readonly train: TrainingRows; readonly heldOut: readonly number[] } {
  const all = rows.contexts.map((_, row) => row)
  const train = selectTrainingRows(
    rows,
    all.filter((row) => row % folds !== fold),
  )
  return { train, heldOut: all.filter((row) => row % folds === fold) }
}

/** Σ w_j·p_j + (1 − Σ w_j)·p̄, as {@link StackedQualityPredictor} has it. */
function combine(members: readonly Float64Array[], weights: Float64Array, width: number): Float64Array {
  const combined = new Float64Array(members[0]!.length)
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0)
  for (let start = 0; start < combined.length; start += width) {
    let level = 0
    for (const member of members) {
      for (let cell = start; cell < start + width; cell++) level += member[cell]! / (members.length * width)
    }
    for (let cell = start; cell < start + width; cell++) {
      combined[cell] = level * (1 - weightSum)
      members.forEach((member, j) => {
        combined[cell]! += weights[j]! * member[cell]!
      })
    }
  }
  return combined
}

function filledCells(cells: Float64Array, estimates: Float64Array): Float64Array {
  return cells.map((value, cell) => (Number.isNaN(value) ? Math.min(1, Math.max(0, estimates[cell]!)) : value))
}

/** Each LLM's mean of `cells` without the row's own fold, row-major: q̄ or c̄ as a held-out row would meet it. */
function outOfFoldMeans(rows: TrainingRows, cells: Float64Array, folds: number): Float64Array {
  const width = rows.llms.length
  const means = new Float64Array(cells.length)
  for (let fold = 0; fold < folds; fold++) {
    const others = rows.contexts.flatMap((_, row) => (row % folds === fold ? [] : [row]))
    const { means: foldMeans } = summariseColumns(selectMatrixRows(cells, others, width), width)
    for (let row = fold; row < rows.contexts.length; row += folds) means.set(foldMeans, row * width)
  }
  return means
}

function shrink(combined: Float64Array, means: Float64Array, trust: number): Float64Array {
  return combined.map((value, cell) => {
    const shrunk = means[cell]! + trust * (value - means[cell]!)
    return Math.min(1, Math.max(0, shrunk))
  })
}
