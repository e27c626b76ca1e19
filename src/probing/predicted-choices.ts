import { newCandidateBuffers } from '../routing/decision/candidate-buffers.ts'
import { candidateUtilities } from '../routing/decision/candidate-utilities.ts'
import { NewcomerTrials } from '../routing/decision/newcomer-trials.ts'
import { tradeOff } from '../routing/decision/utility.ts'
import type { RoutingContext } from '../routing/embedding/routing-context.ts'
import type { Llm } from '../routing/registry/llm.ts'
import type { RoutingRequest } from '../routing/request.ts'
import { defaultRouterOptions } from '../routing/router.ts'
import type { RoutingPolicy } from '../routing/routing-policy.ts'

/** A request as it was, or would be, decided. */
export interface DecidedRequest {
  readonly context: RoutingContext
  readonly size: Pick<RoutingRequest, 'inputTokens' | 'maxOutputTokens' | 'choices'>
}

/** What a pool is expected to come to on some requests. */
export interface PoolForecast {
  /**
   * By LLM, in pool order: how many requests it gets; reported quality (mathematics §2) and ĉ on average over all requests; ĉ NaN where its
   * price is not known.
   */
  readonly llms: readonly {
    readonly id: string
    readonly chosen: number
    readonly quality: number
    readonly costUsd: number
  }[]
  /** Means over the requests of the chosen LLMs; the cost NaN where one of theirs is not known. */
  readonly quality: number
  readonly costUsd: number
}

/**
 * Who would answer: of each request the LLM with the highest utility at λ (mathematics §5), newcomers judged with the hope that they are served with
 * (mathematics §21), without draws, ceilings and the state of the day. Latency plays no part: of a newcomer nothing is known of it.
 */
export function forecastPool(
  policy: RoutingPolicy,
  pool: readonly Llm[],
  requests: readonly DecidedRequest[],
  lambda: number,
): PoolForecast {
  const count = pool.length
  const buffers = newCandidateBuffers(count)
  const sums = pool.map(() => ({ chosen: 0, quality: 0, costUsd: 0 }))
  const weights = tradeOff(lambda)
  const isFitted = policy.fitted?.isStarter === false && !policy.servesHull(weights)
  const options = { ...defaultRouterOptions, costReferenceUsd: policy.costReferenceUsd }
  new NewcomerTrials().mark(pool, policy, options, buffers)
  let [quality, costUsd] = [0, 0]
  for (const { context, size } of requests) {
    policy.estimateQuality(context, pool, buffers, weights)
    policy.cost.predict(context, size, pool, buffers)
    let dearest = policy.costReferenceUsd
    for (let i = 0; i < count; i++) if (buffers.costUsd[i]! > dearest) dearest = buffers.costUsd[i]!
    for (let i = 0; i < count; i++) {
      const compared = policy.comparedCostUsd(pool[i]!, size.choices, buffers, i, weights)
      buffers.comparableCostUsd[i] = Number.isNaN(compared) ? dearest : compared
    }
    candidateUtilities(buffers, count, weights, isFitted, options)
    const best = highest(buffers.utility, buffers.comparableCostUsd, count)
    for (let i = 0; i < count; i++) {
      sums[i]!.quality += policy.reportedQuality(buffers.mean[i]!)
      sums[i]!.costUsd += buffers.costUsd[i]!
    }
    sums[best]!.chosen++
    quality += policy.reportedQuality(buffers.mean[best]!)
    costUsd += buffers.costUsd[best]!
  }
  const n = requests.length
  return {
    llms: pool.map(({ id }, i) => {
      const sum = sums[i]!
      return { id, chosen: sum.chosen, quality: sum.quality / n, costUsd: sum.costUsd / n }
    }),
    quality: quality / n,
    costUsd: costUsd / n,
  }
}

/** Of equal ones the cheaper. */
function highest(utility: Float64Array, cost: Float64Array, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) {
    if (utility[i]! > utility[best]! || (utility[i] === utility[best] && cost[i]! < cost[best]!)) best = i
  }
  return best
}
