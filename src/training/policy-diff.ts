import { tradeOff } from '../routing/decision/utility.ts'
import type { StoredDecision } from '../routing/decision-store.ts'
import type { CostEstimates } from '../routing/prediction/cost-predictor.ts'
import type { FittedPolicy } from '../routing/prediction/fitted-policy.ts'
import type { Llm, LlmId } from '../routing/registry/llm.ts'
import { newQualityEstimates, type QualityEstimates, type RoutingPolicy } from '../routing/routing-policy.ts'
import { type LlmReport, llmReports } from './policy-report.ts'

/** One LLM in two versions; undefined where a version does not know it. */
export interface LlmDiff {
  readonly id: LlmId
  readonly before: LlmReport | undefined
  readonly after: LlmReport | undefined
}

/** How far two versions would have chosen alike. */
export interface ChoiceAgreement {
  /** Requests of the log compared, the newest: those embedded as both versions embed. */
  readonly requests: number
  /** Share of them with the same best LLM, exploration aside; undefined: nothing to compare. */
  readonly agreement: number | undefined
  /** Mean of the expected quality and cost of either's choice, each by the later version's estimates; undefined as above. */
  readonly quality: { readonly before: number; readonly after: number } | undefined
  readonly costUsd: { readonly before: number; readonly after: number } | undefined
}

/** @returns LLMs of either, in the order of the later version, then those it has no more. */
export function diffLlms(before: FittedPolicy, after: FittedPolicy): LlmDiff[] {
  const earlier = new Map(llmReports(before).map((llm) => [llm.id, llm]))
  const later = new Map(llmReports(after).map((llm) => [llm.id, llm]))
  const ids = [...new Set([...later.keys(), ...earlier.keys()])]
  return ids.map((id) => ({ id, before: earlier.get(id), after: later.get(id) }))
}

/**
 * The LLM of the largest utility by two versions, for requests that were really made, at their own λ and among the LLMs that might have served
 * them then and are in the pool now. Prices are today's; waiting and switching are left out.
 */
export function compareChoices(
  before: RoutingPolicy,
  after: RoutingPolicy,
  pool: readonly Llm[],
  decisions: readonly StoredDecision[],
): ChoiceAgreement {
  const [earlier, later] = [new BestChoice(before, pool), new BestChoice(after, pool)]
  const sums = { requests: 0, same: 0, qualityBefore: 0, qualityAfter: 0, costBefore: 0, costAfter: 0 }
  for (const { decision } of decisions) {
    const { embedderId, embedding } = decision.context
    if (decision.pinned || embedding.length === 0) continue
    if (embedderId !== before.embedder.id || embedderId !== after.embedder.id) continue
    const first = earlier.of(decision)
    const second = later.of(decision)
    if (first === -1 || second === -1) continue
    sums.requests++
    if (first === second) sums.same++
    sums.qualityBefore += later.quality[first]!
    sums.qualityAfter += later.quality[second]!
    sums.costBefore += later.costUsd[first]!
    sums.costAfter += later.costUsd[second]!
  }
  const { requests } = sums
  if (requests === 0) return { requests, agreement: undefined, quality: undefined, costUsd: undefined }
  return {
    requests,
    agreement: sums.same / requests,
    quality: { before: sums.qualityBefore / requests, after: sums.qualityAfter / requests },
    costUsd: { before: sums.costBefore / requests, after: sums.costAfter / requests },
  }
}

class BestChoice {
  readonly #policy: RoutingPolicy
  readonly #pool: readonly Llm[]
  readonly #placeOf: ReadonlyMap<LlmId, number>
  readonly #quality: QualityEstimates
  readonly #cost: CostEstimates

  constructor(policy: RoutingPolicy, pool: readonly Llm[]) {
    this.#policy = policy
    this.#pool = pool
    this.#placeOf = new Map(pool.map(({ id }, place) => [id, place]))
    this.#quality = newQualityEstimates(pool.length)
    const cells = () => new Float64Array(pool.length)
    this.#cost = {
      costUsd: cells(),
      offlineCostUsd: cells(),
      costUsdP90: cells(),
      outputTokens: cells(),
      outputTokensP90: cells(),
    }
  }

  /** q̂ of the latest request, in pool order. */
  get quality(): Float64Array {
    return this.#quality.mean
  }

  /** ĉ of the latest request, in pool order. */
  get costUsd(): Float64Array {
    return this.#cost.costUsd
  }

  /** Place in the pool; −1: none of the candidates is there. */
  of({ context, candidates, preference, inputTokens, maxOutputTokens, choices }: StoredDecision['decision']): number {
    const weights = tradeOff(preference.lambda, 0)
    this.#policy.estimateQuality(context, this.#pool, this.#quality, weights)
    this.#policy.cost.predict(context, { inputTokens, maxOutputTokens, choices }, this.#pool, this.#cost)
    let best = -1
    let most = Number.NEGATIVE_INFINITY
    for (const { llm } of candidates) {
      const place = this.#placeOf.get(llm)
      if (place === undefined) continue
      const usd = this.#policy.comparedCostUsd(this.#pool[place]!, choices, this.#cost, place, weights)
      // An unknown price weighs as much as the dearest.
      const cost = Number.isNaN(usd) ? 1 : usd / this.#policy.costReferenceUsd
      const worth = weights.quality * this.#quality.mean[place]! - weights.cost * cost
      if (worth > most) {
        most = worth
        best = place
      }
    }
    return best
  }
}
