/**
 * What one prediction costs: each quality predictor with and without its uncertainty, and the cost predictor, for 12
 * LLMs fitted on 2,000 rows. Distinct contexts, alternating rounds, medians. Run: npm exec -- node bench/prediction.ts
 */
import { explicitFeatureNames } from '../src/routing/embedding/explicit-features.ts'
import type { RoutingContext } from '../src/routing/embedding/routing-context.ts'
import { nextNormal, SeededRandom } from '../src/routing/numeric/random-source.ts'
import { ClusterQualityPredictor } from '../src/routing/prediction/cluster-quality-predictor.ts'
import { ForestQualityPredictor } from '../src/routing/prediction/forest-quality-predictor.ts'
import { KnnQualityPredictor } from '../src/routing/prediction/knn-quality-predictor.ts'
import type { QualityPredictor } from '../src/routing/prediction/quality-predictor.ts'
import { RidgeQualityPredictor } from '../src/routing/prediction/ridge-quality-predictor.ts'
import { StackedQualityPredictor } from '../src/routing/prediction/stacked-quality-predictor.ts'
import { TokenCostPredictor } from '../src/routing/prediction/token-cost-predictor.ts'
import { summariseColumns, type TrainingRows } from '../src/routing/prediction/training-rows.ts'
import { type Llm, unknownLlmProperties } from '../src/routing/registry/llm.ts'

const rowCount = 2000
const dimension = 64
const topics = 40
const rounds = 31
const callsPerRound = 400

const random = new SeededRandom(1)
const topicCentres = Array.from({ length: topics }, () => Float64Array.from({ length: dimension }, normal))
const pool: readonly Llm[] = Array.from({ length: 12 }, (_, i) => ({
  ...unknownLlmProperties,
  id: `llm-${i}`,
  provider: 'bench',
  upstreamModel: `llm-${i}`,
  price: { inputPerMillionTokensUsd: 0.1 * (1 + i), outputPerMillionTokensUsd: 0.4 * (1 + i) },
}))
const rows = makeRows()
const contexts = Array.from({ length: callsPerRound }, makeContext)
const predictors = fitPredictors()
const cost = TokenCostPredictor.fit(
  rows,
  pool.map((llm) => llm.price),
)

const quality = new Float64Array(pool.length)
const uncertainty = new Float64Array(pool.length)
const estimates = {
  costUsd: new Float64Array(pool.length),
  offlineCostUsd: new Float64Array(pool.length),
  costUsdP90: new Float64Array(pool.length),
  outputTokens: new Float64Array(pool.length),
  outputTokensP90: new Float64Array(pool.length),
}
const size = { inputTokens: 250, maxOutputTokens: undefined, choices: 1 }
const variants: readonly (readonly [name: string, predict: (context: RoutingContext) => void])[] = [
  ...Object.entries(predictors).flatMap(([name, predictor]) => [
    [name, (context: RoutingContext) => predictor.predict(context, quality)] as const,
    [
      `${name}, with uncertainty`,
      (context: RoutingContext) => predictor.predict(context, quality, uncertainty),
    ] as const,
  ]),
  ['cost', (context) => cost.predict(context, size, pool, estimates)],
]

console.log(
  `Node ${process.version}; ${pool.length} LLMs, ${rowCount} rows × ${dimension}; medians of ${rounds} rounds`,
)
const times = new Map(variants.map(([name]) => [name, [] as number[]]))
for (const [, predict] of variants) for (let i = 0; i < 5; i++) contexts.forEach(predict)
for (let round = 0; round < rounds; round++) {
  for (const [name, predict] of variants) {
    const start = performance.now()
    for (const context of contexts) predict(context)
    times.get(name)!.push((1000 * (performance.now() - start)) / callsPerRound)
  }
}
for (const [name, list] of times) {
  const sorted = list.toSorted((a, b) => a - b)
  console.log(`${name.padEnd(28)}${sorted[rounds >> 1]!.toFixed(1).padStart(7)} µs`)
}

function fitPredictors(): Readonly<Record<string, QualityPredictor>> {
  const ridge = RidgeQualityPredictor.fit(rows)
  const knn = KnnQualityPredictor.fit(rows, { seed: 1 })
  const clusters = ClusterQualityPredictor.fit(rows, { seed: 1 })
  const forest = ForestQualityPredictor.fit(rows, { seed: 1, trees: 100, leaf: 15 })
  const { means, deviations } = summariseColumns(rows.quality, pool.length)
  const stack = new StackedQualityPredictor({
    members: [ridge, clusters, forest],
    weights: Float64Array.from([0.3, 0.3, 0.4]),
    trust: 0.9,
    means,
    meanErrors: deviations.map((deviation) => deviation / Math.sqrt(rowCount)),
  })
  return { ridge, knn, clusters, forest, stack }
}

function makeRows(): TrainingRows {
  const cells = pool.length * rowCount
  return {
    llms: pool.map((llm) => llm.id),
    contexts: Array.from({ length: rowCount }, makeContext),
    quality: Float64Array.from({ length: cells }, () => random.next()),
    costUsd: Float64Array.from({ length: cells }, () => 1e-3 * random.next()),
    inputTokens: new Float64Array(cells).fill(250),
    outputTokens: Float64Array.from({ length: cells }, () => Math.round(300 * Math.exp(normal()))),
  }
}

/** Prompts come in topics: as far apart within one as between two. */
function makeContext(): RoutingContext {
  const centre = topicCentres[Math.floor(random.next() * topics)]!
  const point = centre.map((value) => value + normal())
  const norm = Math.hypot(...point)
  return {
    embedderId: 'bench',
    embedding: Float32Array.from(point, (value) => value / norm),
    explicit: Float32Array.from({ length: explicitFeatureNames.length }, normal),
  }
}

function normal(): number {
  return nextNormal(random)
}
