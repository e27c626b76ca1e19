import { setImmediate } from 'node:timers/promises'
import { RidgeQualityPredictor } from '../routing/prediction/ridge-quality-predictor.ts'
import { selectTrainingRows, type TrainingRows } from '../routing/prediction/training-rows.ts'

/** A few hundred rows of plain structure want the first, thousands of noisy ones the last. */
const candidates = [3, 10, 30, 100, 300] as const

/**
 * The ridge penalty with the smallest out-of-fold squared error of differences inside the pool: labels and predictions
 * are centred over each row's known cells, as only differences decide. Of equals the largest. Row i is in fold i mod
 * `folds`. Lets timers and sockets have their turn between fits.
 */
export async function chooseRidgePenalty(rows: TrainingRows, folds: number): Promise<number> {
  const width = rows.llms.length
  const all = rows.contexts.map((_, row) => row)
  const errors = candidates.map(() => 0)
  const quality = new Float64Array(width)
  for (let fold = 0; fold < folds; fold++) {
    const train = selectTrainingRows(
      rows,
      all.filter((row) => row % folds !== fold),
    )
    for (const [index, penalty] of candidates.entries()) {
      await setImmediate()
      const predictor = RidgeQualityPredictor.fit(train, { penalty })
      for (let row = fold; row < all.length; row += folds) {
        predictor.predict(rows.contexts[row]!, quality)
        errors[index]! += centredError(quality, rows.quality.subarray(row * width, (row + 1) * width))
      }
    }
  }
  return candidates[errors.lastIndexOf(Math.min(...errors))]!
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
