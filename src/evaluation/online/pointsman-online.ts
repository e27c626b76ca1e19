import { BudgetPacer, type SpendCurve } from '../../routing/decision/budget-pacer.ts'
import { type CandidateBuffers, newCandidateBuffers } from '../../routing/decision/candidate-buffers.ts'
import { drawCandidate } from '../../routing/decision/choice.ts'
import { NewcomerTrials } from '../../routing/decision/newcomer-trials.ts'
import type { TradeOff } from '../../routing/decision/utility.ts'
import type { Embedder } from '../../routing/embedding/embedder.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import { TokenCostPredictor } from '../../routing/prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { defaultRouterOptions, type RouterOptions } from '../../routing/router.ts'
import { type LearningOptions, RoutingPolicy } from '../../routing/routing-policy.ts'
import type { OfflineFit, OfflineFits } from './offline-fit.ts'
import { decideByEstimates, guardedWeights, OfflineSpending } from './offline-spending.ts'
import type {
  FittedOnlinePolicy,
  OfflineKnowledge,
  OnlineBill,
  OnlineFeedback,
  OnlineGoal,
  OnlinePolicy,
  OnlinePolicyKind,
  OnlineRequest,
} from './online-policy.ts'

/** Where a budget's period is not said. */
const defaultPeriod = 1000

/**
 * Our router as it is served, but for budgets, which the gateway does not pace yet: {@link RoutingPolicy} with its residual learner and bill corrections, the utility, the rule for
 * requests where quality cannot decide, and the choice probabilities with the default price of exploration. Under a budget
 * quality weighs 1 and cost the pacer's ν, which starts where offline decisions spend the budget.
 */
export function pointsmanOnline(
  fits: OfflineFits,
  router: RouterOptions = defaultRouterOptions,
  learning: Partial<LearningOptions> = {},
): OnlinePolicyKind {
  return {
    name: 'pointsman',
    fit: async (knowledge) => fitPointsman(await fits.of(knowledge), knowledge, router, learning),
  }
}

function fitPointsman(
  fit: OfflineFit,
  knowledge: OfflineKnowledge,
  router: RouterOptions,
  learning: Partial<LearningOptions>,
): FittedOnlinePolicy {
  const curves = new Map<number, SpendCurve>()
  const cost = fit.stack.cost.snapshot()
  return {
    start: (goal) => {
      const pool = poolOf(knowledge)
      const policy = new RoutingPolicy({
        embedder: knownContexts(fit),
        fitted: fit.policy,
        pool: pool.filter((_, llm) => fit.incumbents.includes(llm)),
        cost: TokenCostPredictor.restore(cost),
        options: learning,
      })
      const { budgetUsd, costReferenceUsd, expectedRequests = defaultPeriod } = goal
      if (budgetUsd === undefined) return new PointsmanOnline(policy, pool, router, goal, undefined)
      const offline = new OfflineSpending(fit, router, goal)
      const curve = curves.get(costReferenceUsd) ?? offline.curve(policy)
      curves.set(costReferenceUsd, curve)
      const pacer = new BudgetPacer({ budgetUsd: budgetUsd * expectedRequests, expectedRequests, curve })
      return new PointsmanOnline(policy, pool, router, goal, { pacer, offline })
    },
  }
}

/** Contexts come with the requests; a router asked to embed here would be a mistake. */
function knownContexts(fit: OfflineFit): Embedder {
  const { embedderId, embedding } = fit.rows.contexts[0]!
  return {
    id: embedderId,
    dimension: embedding.length,
    embed: () => {
      throw new Error('A replayed stream brings its contexts')
    },
  }
}

function poolOf({ rows, prices }: OfflineKnowledge): Llm[] {
  return rows.llms.map((id, llm) => ({
    ...unknownLlmProperties,
    id,
    provider: 'replay',
    upstreamModel: id,
    price: prices[llm],
  }))
}

/** What a decision rested on, until its feedback comes. */
interface Pending {
  readonly offlineCostUsd: number
  readonly offlineQuality: number
  billed: boolean
}

/** What keeps to a budget, and what its curve is worked out from when something changes. */
interface Pacing {
  readonly pacer: BudgetPacer
  readonly offline: OfflineSpending
}

export class PointsmanOnline implements OnlinePolicy {
  readonly #policy: RoutingPolicy
  readonly #pool: Llm[]
  readonly #router: RouterOptions
  readonly #goal: OnlineGoal
  readonly #pacing: Pacing | undefined
  readonly #buffers: CandidateBuffers
  readonly #candidates: Llm[] = []
  readonly #trials = new NewcomerTrials()
  readonly #pending = new Map<OnlineRequest, Pending>()
  /** What announced changes of price come to, by LLM: for those without a listed price, whose bills are estimated as recorded. */
  readonly #unlistedFactor: Float64Array
  #labels = 0
  #leastProbability = 1
  #requests = 0
  #withRefusals = 0

  /** @param pool all LLMs that may ever join, in the data set's order; kept and changed. @param pacing under a budget. */
  constructor(policy: RoutingPolicy, pool: Llm[], router: RouterOptions, goal: OnlineGoal, pacing: Pacing | undefined) {
    this.#policy = policy
    this.#pool = pool
    this.#router = router
    this.#goal = goal
    this.#buffers = newCandidateBuffers(pool.length)
    this.#unlistedFactor = new Float64Array(pool.length).fill(1)
    this.#pacing = pacing
  }

  choose(request: OnlineRequest, random: RandomSource): number {
    const dual = this.#pacing?.pacer.dual ?? 0
    const weights = guardedWeights(this.#policy, this.#goal, dual)
    this.#estimate(request, request.candidates, weights)
    const candidates = this.#affordable(request.candidates)
    this.#requests++
    if (candidates.length < request.candidates.length) {
      this.#estimate(request, candidates, weights)
      this.#withRefusals++
    }
    const buffers = this.#buffers
    const count = candidates.length
    this.#trials.mark(this.#candidates, this.#policy, this.#router, buffers)
    decideByEstimates(buffers, count, this.#goal, dual, this.#router, this.#policy.servesHull(weights))
    const { probability } = buffers
    for (let i = 0; i < count; i++)
      if (probability[i]! < this.#leastProbability) this.#leastProbability = probability[i]!
    const drawn = drawCandidate(probability, count, random)
    if (buffers.isTried[drawn] === 1) this.#trials.drawn(this.#candidates[drawn]!.id)
    const offlineCostUsd = buffers.offlineCostUsd[drawn]!
    this.#pending.set(request, { offlineCostUsd, offlineQuality: buffers.offline[drawn]!, billed: false })
    return candidates[drawn]!
  }

  /** Quality and bills of these candidates, in their order, as they are compared at this trade-off. */
  #estimate({ context, inputTokens }: OnlineRequest, candidates: readonly number[], weights: TradeOff): void {
    const buffers = this.#buffers
    const count = candidates.length
    this.#candidates.length = 0
    for (const llm of candidates) this.#candidates.push(this.#pool[llm]!)
    this.#policy.estimateQuality(context, this.#candidates, buffers, weights)
    const request = { inputTokens, maxOutputTokens: undefined, choices: 1 }
    this.#policy.cost.predict(context, request, this.#candidates, buffers)
    let dearest = this.#policy.costReferenceUsd
    for (let i = 0; i < count; i++) {
      const factor = this.#unlistedFactor[candidates[i]!]!
      const compared = this.#policy.comparedCostUsd(this.#candidates[i]!, 1, buffers, i, weights)
      buffers.comparableCostUsd[i] = factor * compared
      buffers.costUsd[i]! *= factor
      buffers.costUsdP90[i]! *= factor
      buffers.offlineCostUsd[i]! *= factor
      if (buffers.costUsd[i]! > dearest) dearest = buffers.costUsd[i]!
    }
    for (let i = 0; i < count; i++) {
      if (Number.isNaN(buffers.comparableCostUsd[i]!)) buffers.comparableCostUsd[i] = dearest
    }
  }

  /**
   * Those whose bill, nine times in ten, stays under the pacer's ceiling, as `Router` refuses what a spending cap does not cover; where
   * none does, the cheapest: the stream goes on.
   */
  #affordable(candidates: readonly number[]): readonly number[] {
    const ceilingUsd = this.#pacing?.pacer.ceilingUsd
    if (ceilingUsd === undefined) return candidates
    const { costUsdP90, comparableCostUsd } = this.#buffers
    const covered = candidates.filter((_, i) => !(costUsdP90[i]! > ceilingUsd))
    if (covered.length > 0) return covered.length === candidates.length ? candidates : covered
    let cheapest = 0
    for (let i = 1; i < candidates.length; i++) {
      if (comparableCostUsd[i]! < comparableCostUsd[cheapest]!) cheapest = i
    }
    return [candidates[cheapest]!]
  }

  billed(request: OnlineRequest, { llm, costUsd, outputTokens }: OnlineBill): void {
    const pending = this.#pending.get(request)
    if (pending === undefined || pending.billed) return
    pending.billed = true
    this.#pacing?.pacer.charge(costUsd)
    this.#policy.cost.observe(this.#pool[llm]!.id, pending.offlineCostUsd, costUsd, outputTokens, undefined)
  }

  learn(request: OnlineRequest, feedback: OnlineFeedback): void {
    this.billed(request, feedback)
    const pending = this.#pending.get(request)
    this.#pending.delete(request)
    const { llm, quality, satisfied } = feedback
    const { id } = this.#pool[llm]!
    const value = quality ?? (satisfied === undefined ? undefined : Number(satisfied))
    if (value === undefined) return
    this.#labels++
    const alarmed = this.#policy.alarms.at(-1)
    this.#policy.learn({
      sequence: this.#labels,
      decisionId: String(this.#labels),
      llm: id,
      context: request.context,
      offlineQuality: pending?.offlineQuality,
      source: 'replay',
      kind: quality === undefined ? 'thumbs' : 'score',
      value,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
    if (this.#policy.alarms.at(-1) !== alarmed) this.#follow()
  }

  priceChanged(llm: number, factor: number): void {
    const changed = this.#pool[llm]!
    if (changed.price === undefined) this.#unlistedFactor[llm]! *= factor
    else this.#pool[llm] = { ...changed, price: scaledPrice(changed.price, factor) }
    this.#pacing?.offline.scaleCost(llm, factor)
    this.#follow()
  }

  llmAdded(llm: number, price: TokenPrice | undefined): void {
    this.#pool[llm] = { ...this.#pool[llm]!, price }
  }

  llmRemoved(llm: number): void {
    this.#pacing?.offline.remove(llm)
    this.#follow()
  }

  #follow(): void {
    this.#pacing?.pacer.follow(this.#pacing.offline.curve(this.#policy))
  }

  get leastProbability(): number {
    return this.#leastProbability
  }

  get refusedShare(): number {
    return this.#withRefusals / Math.max(1, this.#requests)
  }
}

/** Every part of a price that is there, times a factor. */
export function scaledPrice(price: TokenPrice, factor: number): TokenPrice {
  const { cachedInputPerMillionTokensUsd: cached, cacheWritePerMillionTokensUsd: written } = price
  const { reasoningPerMillionTokensUsd: reasoning } = price
  return {
    inputPerMillionTokensUsd: factor * price.inputPerMillionTokensUsd,
    outputPerMillionTokensUsd: factor * price.outputPerMillionTokensUsd,
    ...(cached === undefined ? {} : { cachedInputPerMillionTokensUsd: factor * cached }),
    ...(written === undefined ? {} : { cacheWritePerMillionTokensUsd: factor * written }),
    ...(reasoning === undefined ? {} : { reasoningPerMillionTokensUsd: factor * reasoning }),
  }
}
