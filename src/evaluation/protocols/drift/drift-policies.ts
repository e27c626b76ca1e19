import { noExploration } from '../../../routing/decision/choice.ts'
import { defaultRouterOptions } from '../../../routing/router.ts'
import { betaThompsonOnline } from '../../baselines/beta-thompson.ts'
import { liteLlmAdaptiveOnline } from '../../baselines/litellm-adaptive.ts'
import { metaLlmOnline } from '../../baselines/metallm.ts'
import { paretoBanditOnline } from '../../baselines/paretobandit.ts'
import { trackAndStopOnline } from '../../baselines/track-and-stop.ts'
import { mixLlmOnline } from '../../mixllm/mixllm-policy.ts'
import { crossFit, type OfflineFit, type OfflineFits, tableOf } from '../../online/offline-fit.ts'
import type { OnlinePolicyKind } from '../../online/online-policy.ts'
import { pointsmanOnline } from '../../online/pointsman-online.ts'
import { bestSingleOnline, cheapestOnline, randomOnline, zeroRouterOnline } from '../../online/reference-online.ts'
import { knnPredictions, ridgePredictions, stackedPredictions, staticOnline } from '../../online/static-online.ts'
import { fitUniRoute } from '../../uniroute/fit-uniroute.ts'

/** Everything that is replayed; `oracle` and `full-information` look at the stream itself and are not here. */
export function driftKinds(fits: OfflineFits): readonly OnlinePolicyKind[] {
  return [
    pointsmanOnline(fits),
    staticOnline('stacked', fits, stackedPredictions),
    mixLlmOnline,
    staticOnline('uniroute', fits, uniRoutePredictions),
    staticOnline('ridge', fits, ridgePredictions),
    staticOnline('knn', fits, knnPredictions),
    metaLlmOnline,
    paretoBanditOnline,
    liteLlmAdaptiveOnline,
    betaThompsonOnline,
    trackAndStopOnline,
    randomOnline,
    cheapestOnline,
    bestSingleOnline,
    zeroRouterOnline,
  ]
}

/** pointsman as served but for exploring: it learns from the same feedback, and always takes what it thinks the best. */
export function unexploringKind(fits: OfflineFits): OnlinePolicyKind {
  return pointsmanOnline(fits, { ...defaultRouterOptions, exploration: noExploration, explorationWidth: 0 })
}

/** UniRoute (K-Means) in the static pool of the incumbents; K is chosen once and kept for the folds. */
function uniRoutePredictions({ rows }: OfflineFit, seed: number) {
  const predictor = fitUniRoute(rows, { seed, map: 'k-means' })
  const { clusters } = predictor
  return {
    quality: tableOf(predictor),
    outOfFold: crossFit(rows, (part) => fitUniRoute(part, { seed, map: 'k-means', clusters })),
  }
}
