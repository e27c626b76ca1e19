import { ClusterQualityPredictor } from './cluster-quality-predictor.ts'
import { ForestQualityPredictor } from './forest-quality-predictor.ts'
import { KnnQualityPredictor } from './knn-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from './matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from './mlp-quality-predictor.ts'
import { describeQualityPredictor } from './quality-predictor.contract.ts'
import { RidgeQualityPredictor } from './ridge-quality-predictor.ts'
import { StackedQualityPredictor } from './stacked-quality-predictor.ts'
import { summariseColumns } from './training-rows.ts'

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
