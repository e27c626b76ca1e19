import { unknownLlmProperties } from '../../../routing/registry/llm.ts'
import { defaultRouterOptions } from '../../../routing/router.ts'
import { newQualityEstimates, RoutingPolicy } from '../../../routing/routing-policy.ts'
import { fitPolicy } from '../../../training/fit-policy.ts'
import { predictedGains } from './gains-of-predictor.ts'
import { type PairPolicy, type PairPrompts, type PairTraining, strongLlm, weakLlm } from './pair-policy.ts'

/**
 * The product and its stack. `pointsman`: what `pointsman fit` fits, asked as the router asks it, min(1, q̂ + α·u) (mathematics §5), without
 * the guard, as gains are to rank prompts at no trade-off in particular. `stacked`: q̂ of the same fit alone. Before any feedback u is the
 * standard error that the labels of an LLM leave, so that the two differ little; with κ = 0 every gain is the same.
 */
export const servedPolicies: PairPolicy = {
  names: ['pointsman', 'stacked'],
  weight: 36,
  async gains(training, prompts) {
    const { data, embedder, seed, folds } = training
    const { policy } = await fitPolicy(data, { seed, now: 0, folds, embedder })
    const served = servedGains(
      new RoutingPolicy({ embedder, fitted: policy, pool: poolOf(training) }),
      training,
      prompts,
    )
    return [served, predictedGains(policy.quality, prompts)]
  },
}

function servedGains(policy: RoutingPolicy, training: PairTraining, prompts: PairPrompts): Float64Array {
  const pool = poolOf(training)
  const { explorationWidth } = defaultRouterOptions
  const estimates = newQualityEstimates(pool.length)
  const worth = (llm: number): number => {
    return Math.min(1, estimates.mean[llm]! + explorationWidth * estimates.uncertainty[llm]!)
  }
  return Float64Array.from(prompts.contexts, (context) => {
    policy.estimateQuality(context, pool, estimates)
    return worth(strongLlm) - worth(weakLlm)
  })
}

function poolOf({ data }: PairTraining) {
  return data.llms.map(({ id, price }) => ({
    ...unknownLlmProperties,
    id,
    provider: '',
    upstreamModel: id,
    price,
  }))
}
