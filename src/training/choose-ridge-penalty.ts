import { setImmediate } from 'node:timers/promises'
import { type DesignInteractions, defaultInteractions } from '../routing/prediction/design-vector.ts'
import { RidgeQualityPredictor } from '../routing/prediction/ridge-quality-predictor.ts'
import { selectTrainingRows, type TrainingRows } from '../routing/prediction/training-rows.ts'
import { groupedMean } from './grouped-mean.ts'

/** A few hundred rows of plain structure want the first, thousands of noisy ones the last. */
const candidates = [3, 10, 30, 100, 300] as const

/**
 * The ridge penalty with the smallest out-of-fold squared error of differences inside the pool: labels and predictions
 * are centred over each row's known cells, as only differences decide. Of equals the largest. Row i is in fold i mod
 * `folds`. Lets timers and sockets have their turn between fits.
 */
export async function chooseRidgePenalty(rows: TrainingRows, folds: number): Promise<number> {
  return (await bestOf(rows, folds, plain)).penalty
}

/**
 * The same, and whether products of features and tasks ({@link defaultInteractions}) are worth their coefficients: only where the error
 * with them, at the penalty of the plain design or the next larger one, is below the error without by more than its standard error. On a
 * thousand or two prompts they are noise; on ten thousand what makes a prompt of one task hard shows. Not tried with more than 8
 * LLMs of which some labels are unknown, as each may need a factorisation of its own.
 *
 * @param groupOf of near-duplicates, by row; left out, all rows differ.
 */
export async function chooseRidge(rows: TrainingRows, folds: number, groupOf?: Int32Array): Promise<RidgeSetting> {
  const best = await bestOf(rows, folds, plain)
  const isComplete = !rows.quality.some(Number.isNaN)
  if (!isComplete && rows.llms.length > mostIncompleteLlms) return { penalty: best.penalty }
  const next = candidates.find((penalty) => penalty > best.penalty) ?? best.penalty
  const penalties = new Set([best.penalty, next])
  const rich = await bestOf(
    rows,
    folds,
    [...penalties].map((penalty) => ({ penalty, interactions: defaultInteractions })),
  )
  const fall = groupedMean(
    best.errors.map((error, row) => error - rich.errors[row]!),
    groupOf,
  )
  const isWorthIt = fall.mean > fall.error
  return isWorthIt ? { penalty: rich.penalty, interactions: defaultInteractions } : { penalty: best.penalty }
}

export interface RidgeSetting {
  readonly penalty: number
  readonly interactions?: DesignInteractions | undefined
}

const mostIncompleteLlms = 8

const plain: readonly RidgeSetting[] = candidates.map((penalty) => ({ penalty }))

/** @param settings by rising penalty. @returns the best one's penalty and out-of-fold error of each row. */
async function bestOf(
  rows: TrainingRows,
  folds: number,
  settings: readonly RidgeSetting[],
): Promise<{ readonly penalty: number; readonly errors: Float64Array }> {
  const width = rows.llms.length
  const all = rows.contexts.map((_, row) => row)
  const errors = settings.map(() => new Float64Array(all.length))
  const quality = new Float64Array(width)
  for (let fold = 0; fold < folds; fold++) {
    const train = selectTrainingRows(
      rows,
      all.filter((row) => row % folds !== fold),
    )
    for (const [index, setting] of settings.entries()) {
      await setImmediate()
      const predictor = RidgeQualityPredictor.fit(train, setting)
      for (let row = fold; row < all.length; row += folds) {
        predictor.predict(rows.contexts[row]!, quality)
        errors[index]![row] = centredError(quality, rows.quality.subarray(row * width, (row + 1) * width))
      }
    }
  }
  const sums = errors.map((list) => list.reduce((sum, error) => sum + error, 0))
  const best = sums.lastIndexOf(Math.min(...sums))
  return { penalty: settings[best]!.penalty, errors: errors[best]! }
}

/** Σ over known cells of (residual − the row's mean residual)²; with a single LLM in the pool, of the residual itself. */
function centredError(predicted: Float64Array, labels: Float64Array): number {
  let sum = 0
  let squares = 0
  let known = 0
  for (let llm = 0; llm < labels.length; llm++) {
    const residual = labels[llm]! - predicted[llm]!
    if (Number.isNaN(residual)) continue
    sum += residual
    squares += residual * residual
    known++
  }
  if (known === 0) return 0
  return labels.length === 1 ? squares : Math.max(0, squares - (sum * sum) / known)
}
