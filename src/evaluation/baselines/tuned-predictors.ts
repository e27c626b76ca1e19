import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { ForestQualityPredictor } from '../../routing/prediction/forest-quality-predictor.ts'
import { KnnQualityPredictor } from '../../routing/prediction/knn-quality-predictor.ts'
import { MatrixFactorisationQualityPredictor } from '../../routing/prediction/matrix-factorisation-quality-predictor.ts'
import { MlpQualityPredictor } from '../../routing/prediction/mlp-quality-predictor.ts'
import type { QualityPredictor } from '../../routing/prediction/quality-predictor.ts'
import type { PolicyName } from '../policy-names.ts'
import { dearestMeanCost } from '../protocols/static/predictor-policy.ts'
import type { FittedStaticPolicy, StaticPolicy, StaticTraining } from '../protocols/static/static-policy.ts'
import { sweepChoices } from '../protocols/static/sweep-choices.ts'
import { tunedPolicy } from './tuned-policy.ts'

/**
 * A predictor as a router, argmax q̂ − μ·ĉ/c_max, with hyper-parameters chosen by out-of-fold AIQ as those of every other
 * baseline are: {@link tunedPolicy}.
 */
export function tunedPredictor<Setting>(
  name: PolicyName,
  settings: readonly Setting[],
  fitPredictor: (training: StaticTraining, setting: Setting) => QualityPredictor,
): StaticPolicy {
  return tunedPolicy<Setting>({
    name,
    candidates: () => settings,
    fit: (training) => {
      const maxCostUsd = dearestMeanCost(training.rows)
      return (setting) => predictorRouter(fitPredictor(training, setting), maxCostUsd)
    },
  })
}

function predictorRouter(predictor: QualityPredictor, maxCostUsd: number): FittedStaticPolicy {
  const llmCount = predictor.llms.length
  const costWeights = sweepCostWeights().map((weight) => weight / maxCostUsd)
  return {
    choose: ({ contexts, predictedCostUsd }) => {
      const predictedQuality = new Float64Array(contexts.length * llmCount)
      contexts.forEach((context, row) => {
        predictor.predict(context, predictedQuality.subarray(row * llmCount, (row + 1) * llmCount))
      })
      return sweepChoices({ llmCount, predictedQuality, predictedCostUsd }, costWeights)
    },
  }
}

/** k ∈ {10, 20, 40, 80, 160}. */
export const tunedKnn = tunedPredictor('knn', [10, 20, 40, 80, 160], ({ rows, seed }, neighbours) =>
  KnnQualityPredictor.fit(rows, { seed, neighbours }),
)

/** Leaves of 5 or 15; the other settings stay at their defaults. */
export const tunedForest = tunedPredictor('forest', [5, 15], ({ rows, seed }, leaf) =>
  ForestQualityPredictor.fit(rows, { seed, leaf }),
)

/** Two widths, at a weak and a strong decay of weights. */
export const tunedMlp = tunedPredictor(
  'mlp',
  [32, 64].flatMap((width) => [0.03, 3].map((weightDecay) => ({ hidden: [width], weightDecay }))),
  ({ rows, seed }, setting) => MlpQualityPredictor.fit(rows, { seed, ...setting }),
)

/** Two ranks, at a weak and a strong decay of weights. */
export const tunedMatrixFactorisation = tunedPredictor(
  'matrix-factorisation',
  [8, 32].flatMap((rank) => [0.03, 3].map((weightDecay) => ({ rank, weightDecay }))),
  ({ rows, seed }, setting) => MatrixFactorisationQualityPredictor.fit(rows, { seed, ...setting }),
)
