import { ClusterQualityPredictor } from '../../../routing/prediction/cluster-quality-predictor.ts'
import { RidgeQualityPredictor } from '../../../routing/prediction/ridge-quality-predictor.ts'
import { StackedQualityPredictor } from '../../../routing/prediction/stacked-quality-predictor.ts'
import { chooseRidgePenalty } from '../../../training/choose-ridge-penalty.ts'
import { fitStack } from '../../../training/fit-stack.ts'
import { automix } from '../../baselines/automix.ts'
import { avengersPro } from '../../baselines/avengers-pro.ts'
import { carrot } from '../../baselines/carrot.ts'
import { forc } from '../../baselines/forc.ts'
import { optllm } from '../../baselines/optllm.ts'
import {
  factorisationPredictor,
  forestPredictor,
  knnPredictor,
  mlpPredictor,
  tunedRouter,
} from '../../baselines/tuned-predictors.ts'
import { zooter } from '../../baselines/zooter.ts'
import { mixLlmStaticPolicy } from '../../mixllm/mixllm-static-policy.ts'
import { fitUniRoute } from '../../uniroute/fit-uniroute.ts'
import { metaLlmPolicy } from './metallm-policy.ts'
import { pointsmanPolicy } from './pointsman-policy.ts'
import { predictorPolicy } from './predictor-policy.ts'
import type { StaticEntrant } from './static-entrant.ts'
import type { StaticTraining } from './static-policy.ts'

const stacked = predictorPolicy('stacked', async (training) => (await stackOf(training)).quality)

/** The stack with κ = 1: believed as it is, not shrunk to the LLM means. */
const trustingStack = predictorPolicy('stacked', async (training) => {
  const { quality } = await stackOf(training)
  return StackedQualityPredictor.restore({ ...quality.snapshot(), trust: 1 })
})

const ridge = predictorPolicy('ridge', async ({ rows, folds }) =>
  RidgeQualityPredictor.fit(rows, { penalty: await chooseRidgePenalty(rows, folds) }),
)

const cluster = predictorPolicy('cluster', ({ rows, seed }) => ClusterQualityPredictor.fit(rows, { seed }))

const uniRoute = predictorPolicy('uniroute', ({ rows, seed }) => fitUniRoute(rows, { seed, map: 'k-means' }))

const learnedClusterMap = predictorPolicy('learned-cluster-map', ({ rows, seed }) =>
  fitUniRoute(rows, { seed, map: 'learned' }),
)

const linearClusterMap = predictorPolicy('learned-cluster-map-linear', ({ rows, seed }) =>
  fitUniRoute(rows, { seed, map: 'learned-linear' }),
)

function stackOf({ rows, seed, folds, prices }: StaticTraining) {
  return fitStack(rows, { seed, folds, prices })
}

/** Everything the protocol fits, in the order of its tables. Routers first, then baselines. */
export const staticEntrants: readonly StaticEntrant[] = [
  { policy: pointsmanPolicy, setting: {}, weight: 5 },
  { policy: stacked, setting: {}, weight: 3 },
  { policy: trustingStack, setting: { trust: 1 }, weight: 3 },
  { policy: mixLlmStaticPolicy, setting: {}, weight: 22 },
  { policy: uniRoute, setting: {}, weight: 3 },
  { policy: learnedClusterMap, setting: {}, weight: 4 },
  { policy: linearClusterMap, setting: {}, weight: 3 },
  { policy: cluster, setting: {}, weight: 1 },
  { policy: ridge, setting: {}, weight: 1 },
  { policy: tunedRouter(knnPredictor), setting: {}, weight: 6 },
  { policy: tunedRouter(forestPredictor), setting: {}, weight: 8 },
  { policy: tunedRouter(mlpPredictor), setting: {}, weight: 8 },
  { policy: tunedRouter(factorisationPredictor), setting: {}, weight: 7 },
  { policy: avengersPro, setting: {}, weight: 7 },
  { policy: carrot, setting: {}, weight: 6 },
  { policy: optllm, setting: {}, weight: 6 },
  { policy: forc, setting: {}, weight: 15 },
  { policy: zooter, setting: {}, weight: 11 },
  { policy: automix, setting: { simulatedVerifier: true }, weight: 2 },
  { policy: metaLlmPolicy, setting: {}, weight: 4 },
]

/**
 * Fitted again on shuffled labels, each seed so many times: where nothing is to be learned, nothing may be gained. Over
 * three seeds that is enough for a verdict, see `fewestShuffles`.
 */
export const shuffledEntrants: readonly { readonly entrant: StaticEntrant; readonly shuffles: number }[] = [
  { entrant: { policy: stacked, setting: {}, weight: 3 }, shuffles: 2 },
  { entrant: { policy: ridge, setting: {}, weight: 1 }, shuffles: 5 },
]
