import { ClusterMap } from './cluster-map.ts'
import { ClusterQualityPredictor } from './cluster-quality-predictor.ts'
import { ForestQualityPredictor } from './forest-quality-predictor.ts'
import { JoinedQualityPredictor } from './joined-quality-predictor.ts'
import { KnnQualityPredictor } from './knn-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from './matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from './mlp-quality-predictor.ts'
import { describeQualityPredictor } from './quality-predictor.contract.ts'
import { RidgeQualityPredictor } from './ridge-quality-predictor.ts'
import { StackedQualityPredictor } from './stacked-quality-predictor.ts'
import { summariseColumns, type TrainingRows } from './training-rows.ts'
import { UniversalModel } from './universal/universal-model.ts'

// Ten on ten dimensions: the default is set for about eighty and a few thousand rows.
const penalty = 10

describeQualityPredictor('ridge', (rows) => RidgeQualityPredictor.fit(rows, { penalty }))

describeQualityPredictor('knn', (rows) => KnnQualityPredictor.fit(rows, { seed: 1, neighbours: 20 }))

describeQualityPredictor('cluster', (rows) => ClusterQualityPredictor.fit(rows, { seed: 1, scales: [2, 4] }))

describeQualityPredictor('forest', (rows) => ForestQualityPredictor.fit(rows, { seed: 1, trees: 40 }))

describeQualityPredictor('mlp', (rows) =>
  MlpQualityPredictor.fit(rows, { seed: 1, hidden: [8], learningRate: 0.01, weightDecay: 1 }),
)

describeQualityPredictor('matrix-factorisation', (rows) =>
  MatrixFactorisationQualityPredictor.fit(rows, { seed: 1, rank: 2, members: 3, learningRate: 0.03, batch: 32 }),
)

describeQualityPredictor('stacked', (rows) => {
  const { means, deviations, counts } = summariseColumns(rows.quality, rows.llms.length)
  return new StackedQualityPredictor({
    members: [
      RidgeQualityPredictor.fit(rows, { penalty }),
      KnnQualityPredictor.fit(rows, { seed: 1, neighbours: 20 }),
      ClusterQualityPredictor.fit(rows, { seed: 1, scales: [2, 4] }),
    ],
    weights: Float64Array.from([0.3, 0.25, 0.4]),
    trust: 0.95,
    means,
    meanErrors: deviations.map((deviation, llm) => deviation / Math.sqrt(Math.max(1, counts[llm]!))),
  })
})

describeQualityPredictor('joined', (rows) => {
  const fitted = RidgeQualityPredictor.fit(withColumns(rows, [0, 1]), { penalty })
  const base = new Float64Array(2 * rows.contexts.length)
  rows.contexts.forEach((context, row) => {
    fitted.predict(context, base.subarray(2 * row, 2 * row + 2))
  })
  const { means } = summariseColumns(withColumns(rows, [0, 1]).quality, 2)
  const universal = new UniversalModel({
    llms: fitted.llms,
    basis: {
      scales: [2],
      clusterShares: Float64Array.of(0.5, 0.5),
      baseMeans: means,
      noiseVariance: 0.01,
      level: { mean: (means[0]! + means[1]!) / 2, variance: 0.04, slope: 0, logCost: 0 },
    },
    clusters: ClusterMap.fit(rows.contexts, new Float64Array(rows.contexts.length), 1, { seed: 1, scales: [2] }),
    episodes: [],
    levelDeviation: 0.1,
    ownLabels: 100,
  })
  const anchors = withColumns(rows, [0, 1]).quality
  const description = universal.describe({
    contexts: rows.contexts,
    quality: withColumns(rows, [2]).quality,
    base,
    anchors,
  })
  return new JoinedQualityPredictor({ fitted, universal, described: [{ llm: 'c', description }] })
})

function withColumns(rows: TrainingRows, columns: readonly number[]): TrainingRows {
  const width = rows.llms.length
  const quality = rows.quality.filter((_, cell) => columns.includes(cell % width))
  return { ...rows, llms: columns.map((column) => rows.llms[column]!), quality }
}
