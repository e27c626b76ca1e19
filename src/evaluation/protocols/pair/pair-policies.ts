import { ClusterQualityPredictor } from '../../../routing/prediction/cluster-quality-predictor.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import { RidgeQualityPredictor } from '../../../routing/prediction/ridge-quality-predictor.ts'
import { chooseRidgePenalty } from '../../../training/choose-ridge-penalty.ts'
import { selectTraining } from '../../baselines/tuned-policy.ts'
import {
  factorisationPredictor,
  forestPredictor,
  knnPredictor,
  mlpPredictor,
  type TunedPredictor,
  tunedFit,
} from '../../baselines/tuned-predictors.ts'
import { fitMixLlm } from '../../mixllm/fit-mixllm.ts'
import type { PolicyName } from '../../policy-names.ts'
import { fitUniRoute } from '../../uniroute/fit-uniroute.ts'
import { baselinePolicies, withCountedCalls } from './baseline-policies.ts'
import { predictedGains } from './gains-of-predictor.ts'
import { type PairPolicy, type PairTraining, strongLlm, weakLlm } from './pair-policy.ts'
import { servedPolicies } from './served-policies.ts'

/** A quality predictor as a policy of two: q̂_strong − q̂_weak. */
function predictorPolicy(
  name: PolicyName,
  weight: number,
  fitPredictor: (training: PairTraining) => QualityPredictor | Promise<QualityPredictor>,
): PairPolicy {
  return {
    names: [name],
    weight,
    async gains(training, prompts) {
      return [predictedGains(await fitPredictor(training), prompts)]
    },
  }
}

/**
 * A baseline's predictor with its setting chosen as every baseline's is, by out-of-fold AIQ with counted calls, but on half
 * of the training prompts: the sets of this protocol are large, and half of them rank the settings.
 */
function tuned<Setting>(predictor: TunedPredictor<Setting>, weight: number): PairPolicy {
  return predictorPolicy(predictor.name, weight, (training) => {
    const { contexts } = training.rows
    const half = contexts.map((_, row) => row).filter((row) => Math.floor(row / training.folds) % 2 === 0)
    return tunedFit(predictor, training.rows, selectTraining(withCountedCalls(training), half))
  })
}

/**
 * MixLLM's offline quality regressors (arXiv:2502.18482); its cost, waiting and exploration terms play no part here.
 */
const mixllm: PairPolicy = {
  names: ['mixllm'],
  weight: 40,
  async gains({ data, rows, seed }, prompts) {
    const fitted = await fitMixLlm(rows, {
      texts: data.prompts.map((prompt) => prompt.text),
      sources: data.prompts.map((prompt) => prompt.source),
      prices: data.llms.map((llm) => llm.price),
      seed,
      tags: 'domains',
    })
    const embedding = new Float64Array(fitted.dimension)
    const quality = new Float64Array(rows.llms.length)
    const gains = Float64Array.from(prompts.contexts, (context) => {
      fitted.embed(context, embedding)
      fitted.predictQuality(embedding, quality)
      return quality[strongLlm]! - quality[weakLlm]!
    })
    return [gains]
  },
}

/** Everything the protocol fits, in the order of its tables. Routers first, then baselines. */
export const pairPolicies: readonly PairPolicy[] = [
  servedPolicies,
  mixllm,
  predictorPolicy('uniroute', 8, ({ rows, seed }) => fitUniRoute(rows, { seed, map: 'k-means' })),
  predictorPolicy('learned-cluster-map', 11, ({ rows, seed }) => fitUniRoute(rows, { seed, map: 'learned' })),
  predictorPolicy('learned-cluster-map-linear', 9, ({ rows, seed }) =>
    fitUniRoute(rows, { seed, map: 'learned-linear' }),
  ),
  predictorPolicy('cluster', 2, ({ rows, seed }) => ClusterQualityPredictor.fit(rows, { seed })),
  predictorPolicy('ridge', 3, async ({ rows, folds }) =>
    RidgeQualityPredictor.fit(rows, { penalty: await chooseRidgePenalty(rows, folds) }),
  ),
  tuned(knnPredictor, 2),
  tuned(mlpPredictor, 6),
  tuned(forestPredictor, 22),
  tuned(factorisationPredictor, 6),
  ...baselinePolicies,
]
