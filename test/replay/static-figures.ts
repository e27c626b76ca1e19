/**
 * Prints AIQ of each predictor on the shared sets that bring a split, beside the reference figures of the prototype.
 * Run: npm exec -- node test/replay/static-figures.ts [seed …]
 */
import { join, resolve } from 'node:path'
import { deduplicate } from '../../src/outcomes/deduplicate.ts'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { selectSplit, selectUnsharedSplit } from '../../src/outcomes/split.ts'
import {
  averageImprovementInQuality,
  fixedLlmPoints,
  sweepPoints,
} from '../../src/routing/decision/cost-quality-hull.ts'
import { ForestQualityPredictor } from '../../src/routing/prediction/forest-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from '../../src/routing/prediction/matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from '../../src/routing/prediction/mlp-quality-predictor.ts'
import type { QualityPredictor } from '../../src/routing/prediction/quality-predictor.ts'
import type { TokenCostPredictor } from '../../src/routing/prediction/token-cost-predictor.ts'
import { summariseColumns, type TrainingRows } from '../../src/routing/prediction/training-rows.ts'
import { fitContexts, trainingRows } from '../../src/training/fit-contexts.ts'
import { type FitResult, fitPolicy } from '../../src/training/fit-policy.ts'
import { fitMembers } from '../../src/training/fit-stack.ts'
import { predictCosts } from '../../src/training/predict-costs.ts'

interface Protocol {
  readonly set: string
  readonly train: string
  readonly test: string
  /** Mathematics §9: NumPy and scikit-learn prototype, LSA 128. */
  readonly reference: Readonly<Record<string, number>>
}

const protocols: readonly Protocol[] = [
  {
    set: 'paretobandit',
    train: 'val',
    test: 'test',
    reference: {
      'zero-router': 0.9263,
      ridge: 0.9291,
      knn: 0.9303,
      clusters: 0.9306,
      forest: 0.9312,
      stack: 0.9315,
      'task-oracle': 0.9319,
      oracle: 0.9709,
    },
  },
  {
    set: 'routerbench-0shot',
    train: 'train',
    test: 'test',
    reference: {
      'zero-router': 0.8189,
      ridge: 0.8436,
      knn: 0.839,
      clusters: 0.8512,
      forest: 0.849,
      stack: 0.8525,
      'task-oracle': 0.8527,
      oracle: 0.9684,
    },
  },
]

const folder = resolve(process.env.POINTSMAN_DATA ?? '../shared/data')
const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1]

for (const protocol of protocols) await run(protocol)

async function run({ set, train, test, reference }: Protocol): Promise<void> {
  const data = await readOutcomeData(join(folder, set))
  const { data: trainData, shared } = selectUnsharedSplit(data, train)
  const testData = deduplicate(selectSplit(data, test))
  const counts = `${trainData.prompts.length} prompts to fit (${shared} left out, as in ${test} too), ${testData.prompts.length} to test`
  console.log(`\n${set}: ${counts}`)
  const bySeed: Record<string, number[]> = {}
  for (const seed of seeds) {
    const start = performance.now()
    const fitted = await fitPolicy(trainData, { seed, now: 0 })
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const figures = await figuresOf(fitted, trainData, testData, seed)
    for (const [name, value] of Object.entries(figures)) {
      bySeed[name] ??= []
      bySeed[name].push(value)
    }
    const weights = [...fitted.weights].map((weight) => weight.toFixed(2)).join(', ')
    console.log(`seed ${seed}: fitted in ${seconds} s, α ${fitted.penalty}, weights ${weights}, κ ${fitted.trust}`)
  }
  for (const [name, values] of Object.entries(bySeed)) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = values.length > 1 ? ` (${Math.min(...values).toFixed(4)} to ${Math.max(...values).toFixed(4)})` : ''
    const expected = reference[name]
    const beside = expected === undefined ? '' : `  reference ${expected.toFixed(4)}  ${signed(mean - expected)}`
    console.log(`  ${name.padEnd(12)} ${mean.toFixed(4)}${spread}${beside}`)
  }
}

async function figuresOf(
  fitted: FitResult,
  train: OutcomeData,
  test: OutcomeData,
  seed: number,
): Promise<Record<string, number>> {
  const prices = train.llms.map((llm) => llm.price)
  const trainRows = trainingRows(train, await fitContexts(fitted.embedder, train.prompts))
  const rows = trainingRows(test, await fitContexts(fitted.embedder, test.prompts))
  const costUsd = new Float64Array(rows.quality.length)
  const cost = fitted.policy.cost as TokenCostPredictor
  predictCosts(
    cost,
    rows,
    prices,
    rows.contexts.map((_, row) => row),
    costUsd,
  )
  const fixed = fixedLlmPoints(rows.quality, rows.costUsd, rows.llms.length)
  const maxCostUsd = Math.max(...fixed.map((point) => point.costUsd))
  const sweep = (predictedQuality: Float64Array, predictedCostUsd: Float64Array): number =>
    averageImprovementInQuality(
      sweepPoints({ ...rows, llmCount: rows.llms.length, predictedQuality, predictedCostUsd }, maxCostUsd),
      maxCostUsd,
    )
  const [ridge, knn, clusters] = await fitMembers(trainRows, seed, fitted.penalty)
  return {
    'zero-router': averageImprovementInQuality(fixed, maxCostUsd),
    ridge: sweep(predictAll(ridge!, rows), costUsd),
    knn: sweep(predictAll(knn!, rows), costUsd),
    clusters: sweep(predictAll(clusters!, rows), costUsd),
    forest: sweep(predictAll(ForestQualityPredictor.fit(trainRows, { seed }), rows), costUsd),
    mlp: sweep(predictAll(MlpQualityPredictor.fit(trainRows, { seed }), rows), costUsd),
    factorisation: sweep(predictAll(MatrixFactorisationQualityPredictor.fit(trainRows, { seed }), rows), costUsd),
    stack: sweep(predictAll(fitted.policy.quality, rows), costUsd),
    'stack, true cost': sweep(predictAll(fitted.policy.quality, rows), rows.costUsd),
    'task-oracle': sweep(taskMeans(test, rows.quality), taskMeans(test, rows.costUsd)),
    oracle: sweep(rows.quality, rows.costUsd),
  }
}

function predictAll(predictor: QualityPredictor, rows: TrainingRows): Float64Array {
  const width = rows.llms.length
  const predicted = new Float64Array(rows.quality.length)
  rows.contexts.forEach((context, row) => {
    predictor.predict(context, predicted.subarray(row * width, (row + 1) * width))
  })
  return predicted
}

/** Each row gets the means of its task, taken over the test rows themselves. */
function taskMeans(data: OutcomeData, cells: Float64Array): Float64Array {
  const width = data.llms.length
  const means = new Float64Array(cells.length)
  for (const source of new Set(data.prompts.map((prompt) => prompt.source))) {
    const members = data.prompts.flatMap((prompt, row) => (prompt.source === source ? [row] : []))
    const taskCells = Float64Array.from(members.flatMap((row) => [...cells.subarray(row * width, (row + 1) * width)]))
    const { means: taskMean } = summariseColumns(taskCells, width)
    for (const row of members) means.set(taskMean, row * width)
  }
  return means
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
}
