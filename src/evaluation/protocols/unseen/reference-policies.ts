import { ForestQualityPredictor } from '../../../routing/prediction/forest-quality-predictor.ts'
import { MlpQualityPredictor } from '../../../routing/prediction/mlp-quality-predictor.ts'
import { summariseColumns, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { predictAll } from './probe-policies.ts'
import { meanCosts, type TrialData } from './trial-data.ts'
import type { TrialRows } from './trial-rows.ts'

/** Of what needs no probes. */
const setting = { probes: null }

/** Half of the default, for the time of a hundred trials. */
const forestTrees = 50
/** As the reproductions' upper bound, but early-stopped as every network of ours; one instead of five for time's sake. */
const clairvoyantMlp = { hidden: [100, 100], members: 1, learningRate: 0.001 } as const

/** Adds the rows that mark the scale. @returns the forest's q̂ of the test prompts, a smooth stand-in for the truth. */
export function addReferences(rows: TrialRows, trial: TrialData): Float64Array {
  const { test, hiddenTrain } = trial
  const trainedCostUsd = meanCosts(hiddenTrain)
  const forest = ForestQualityPredictor.fit(hiddenTrain, { trees: forestTrees, seed: trial.seed })
  const forestQuality = predictAll(forest, test)
  rows.add('clairvoyant-forest', setting, () => ({ predictedQuality: forestQuality, costUsd: trainedCostUsd }))
  rows.add('clairvoyant-mlp', setting, () => {
    const mlp = MlpQualityPredictor.fit(hiddenTrain, { ...clairvoyantMlp, seed: trial.seed })
    return { predictedQuality: predictAll(mlp, test), costUsd: trainedCostUsd }
  })
  rows.add('task-oracle', setting, () => ({
    predictedQuality: taskMeans(test, test.quality, trial.sources.test),
    costUsd: taskMeans(test, test.costUsd, trial.sources.test),
  }))
  rows.add('oracle', setting, () => ({
    predictedQuality: knownOr(test.quality, 0),
    costUsd: knownOr(test.costUsd, rows.pool.maxCostUsd),
  }))
  rows.addPoint('random', setting, {
    quality: mean(summariseColumns(test.quality, test.llms.length).means),
    costUsd: mean(meanCosts(test)),
  })
  return forestQuality
}

/** Each cell becomes the mean of its LLM over the test prompts of the same task. */
function taskMeans(rows: TrainingRows, cells: Float64Array, sources: readonly string[]): Float64Array {
  const width = rows.llms.length
  const tasks = new Map([...new Set(sources)].map((source, index) => [source, index]))
  const sums = new Float64Array(tasks.size * width)
  const counts = new Float64Array(sums.length)
  const entryOf = (cell: number): number => tasks.get(sources[Math.floor(cell / width)]!)! * width + (cell % width)
  cells.forEach((value, cell) => {
    if (Number.isNaN(value)) return
    sums[entryOf(cell)]! += value
    counts[entryOf(cell)]!++
  })
  const { means } = summariseColumns(cells, width)
  return cells.map((_, cell) => {
    const entry = entryOf(cell)
    return counts[entry]! > 0 ? sums[entry]! / counts[entry]! : means[cell % width]!
  })
}

/** An unknown cell is chosen by nobody who knows better. */
function knownOr(cells: Float64Array, stand: number): Float64Array {
  return cells.map((value) => (Number.isNaN(value) ? stand : value))
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
