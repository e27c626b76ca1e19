import { BudgetPacer, type SpendCurve, spendCurve } from '../../routing/decision/budget-pacer.ts'
import { type CandidateBuffers, newCandidateBuffers } from '../../routing/decision/candidate-buffers.ts'
import { candidateUtilities } from '../../routing/decision/candidate-utilities.ts'
import { choiceProbabilities, drawCandidate } from '../../routing/decision/choice.ts'
import { NewcomerTrials } from '../../routing/decision/newcomer-trials.ts'
import type { Embedder } from '../../routing/embedding/embedder.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import { TokenCostPredictor } from '../../routing/prediction/token-cost-predictor.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { defaultRouterOptions, type RouterOptions } from '../../routing/router.ts'
import { type LearningOptions, RoutingPolicy } from '../../routing/routing-policy.ts'
import type { OfflineFit, OfflineFits } from './offline-fit.ts'
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
import { goalWeights } from './realised-utility.ts'

/** Where a budget's period is not said. */
const defaultPeriod = 1000

/**
 * Our router as it is served: {@link RoutingPolicy} with its residual learner and bill corrections, the utility, the rule for
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
  const newPolicy = () =>
    new RoutingPolicy({
      embedder: knownContexts(fit),
      fitted: fit.policy,
      pool: poolOf(knowledge).filter((_, llm) => fit.incumbents.includes(llm)),
      cost: TokenCostPredictor.restore(cost),
      options: learning,
    })
  return {
    start: (goal) => {
      const { budgetUsd, costReferenceUsd } = goal
      if (budgetUsd === undefined) return new PointsmanOnline(newPolicy(), poolOf(knowledge), router, goal, undefined)
      const curve = curves.get(costReferenceUsd) ?? offlineCurve(fit, newPolicy(), goal, router)
      curves.set(costReferenceUsd, curve)
      const expectedRequests = goal.expectedRequests ?? defaultPeriod
      const pacer = new BudgetPacer({ budgetUsd: budgetUsd * expectedRequests, expectedRequests, curve })
      return new PointsmanOnline(newPolicy(), poolOf(knowledge), router, goal, pacer)
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

/** Out-of-fold estimates, as uncertain as before the first label, and the real choice probabilities: what those choices were billed. */
function offlineCurve(fit: OfflineFit, policy: RoutingPolicy, goal: OnlineGoal, router: RouterOptions): SpendCurve {
  const { incumbents, rows, stack } = fit
  const width = incumbents.length
  const { outOfFold } = stack
  const buffers = newCandidateBuffers(width)
  buffers.optimism.fill(router.explorationWidth)
  const llms = rows.llms.map(
    (id): Llm => ({ ...unknownLlmProperties, id, provider: '', upstreamModel: id, price: undefined }),
  )
  const uncertainty = new Float64Array(outOfFold.length)
  rows.contexts.forEach((context, row) => {
    policy.estimateQuality(context, llms, buffers)
    uncertainty.set(buffers.uncertainty.subarray(0, width), row * width)
  })
  return spendCurve((dual) => {
    let sum = 0
    for (let start = 0; start < outOfFold.length; start += width) {
      for (let i = 0; i < width; i++) {
        buffers.mean[i] = outOfFold[start + i]!
        buffers.comparableCostUsd[i] = fit.costUsd[start + i]!
        buffers.uncertainty[i] = uncertainty[start + i]!
      }
      decide(buffers, width, goal, dual, router)
      for (let i = 0; i < width; i++) {
        const billed = rows.costUsd[start + i]!
        sum += buffers.probability[i]! * (Number.isNaN(billed) ? fit.costUsd[start + i]! : billed)
      }
    }
    return (sum * width) / outOfFold.length
  })
}

/** From quality, uncertainty and cost in the buffers to choice probabilities; the router's rules, without times. */
function decide(buffers: CandidateBuffers, count: number, goal: OnlineGoal, dual: number, router: RouterOptions): void {
  const options = { ...router, costReferenceUsd: goal.costReferenceUsd }
  candidateUtilities(buffers, count, goalWeights(goal, dual), true, options)
  choiceProbabilities(buffers, count, router.exploration, buffers.probability)
}

/** What a decision rested on, until its feedback comes. */
interface Pending {
  readonly offlineCostUsd: number
  readonly offlineQuality: number
  billed: boolean
}

export class PointsmanOnline implements OnlinePolicy {
  readonly #policy: RoutingPolicy
  readonly #pool: Llm[]
  readonly #router: RouterOptions
  readonly #goal: OnlineGoal
  readonly #pacer: BudgetPacer | undefined
  readonly #buffers: CandidateBuffers
  readonly #candidates: Llm[] = []
  readonly #trials = new NewcomerTrials()
  readonly #pending = new Map<OnlineRequest, Pending>()
  /** What announced changes of price come to, by LLM: for those without a listed price, whose bills are estimated as recorded. */
  readonly #unlistedFactor: Float64Array
  #labels = 0
  #leastProbability = 1

  /** @param pool all LLMs that may ever join, in the data set's order; kept and changed. @param pacer under a budget. */
  constructor(
    policy: RoutingPolicy,
    pool: Llm[],
    router: RouterOptions,
    goal: OnlineGoal,
    pacer: BudgetPacer | undefined,
  ) {
    this.#policy = policy
    this.#pool = pool
    this.#router = router
    this.#goal = goal
    this.#buffers = newCandidateBuffers(pool.length)
    this.#unlistedFactor = new Float64Array(pool.length).fill(1)
    this.#pacer = pacer
  }

  choose(request: OnlineRequest, random: RandomSource): number {
    const { context, candidates, inputTokens } = request
    const count = candidates.length
    const buffers = this.#buffers
    this.#candidates.length = 0
    for (const llm of candidates) this.#candidates.push(this.#pool[llm]!)
    this.#policy.estimateQuality(context, this.#candidates, buffers)
    this.#policy.cost.predict(
      context,
      { inputTokens, maxOutputTokens: undefined, choices: 1 },
      this.#candidates,
      buffers,
    )
    for (let i = 0; i < count; i++) {
      const factor = this.#unlistedFactor[candidates[i]!]!
      buffers.costUsd[i]! *= factor
      buffers.offlineCostUsd[i]! *= factor
    }
    let dearest = this.#policy.costReferenceUsd
    for (let i = 0; i < count; i++) if (buffers.costUsd[i]! > dearest) dearest = buffers.costUsd[i]!
    for (let i = 0; i < count; i++) {
      const costUsd = buffers.costUsd[i]!
      buffers.comparableCostUsd[i] = Number.isNaN(costUsd) ? dearest : costUsd
    }
    this.#trials.mark(this.#candidates, this.#policy, this.#router, buffers)
    decide(buffers, count, this.#goal, this.#pacer?.dual ?? 0, this.#router)
    const { probability } = buffers
    for (let i = 0; i < count; i++)
      if (probability[i]! < this.#leastProbability) this.#leastProbability = probability[i]!
    const drawn = drawCandidate(probability, count, random)
    if (buffers.isTried[drawn] === 1) this.#trials.drawn(this.#candidates[drawn]!.id)
    const offlineCostUsd = buffers.offlineCostUsd[drawn]!
    this.#pending.set(request, { offlineCostUsd, offlineQuality: buffers.offline[drawn]!, billed: false })
    return candidates[drawn]!
  }

  billed(request: OnlineRequest, { llm, costUsd, outputTokens }: OnlineBill): void {
    const pending = this.#pending.get(request)
    if (pending === undefined || pending.billed) return
    pending.billed = true
    this.#pacer?.charge(costUsd)
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
    this.#policy.learn({
      sequence: this.#labels,
      decisionId: String(this.#labels),
      llm: id,
      context: request.context,
      offlineQuality: pending?.offlineQuality,
      source: 'replay',
      kind: quality === undefined ? 'thumbs' : 'score',
      value,
      revises: undefined,
    })
  }

  priceChanged(llm: number, factor: number): void {
    const changed = this.#pool[llm]!
    if (changed.price === undefined) this.#unlistedFactor[llm]! *= factor
    else this.#pool[llm] = { ...changed, price: scaledPrice(changed.price, factor) }
  }

  llmAdded(llm: number, price: TokenPrice | undefined): void {
    this.#pool[llm] = { ...this.#pool[llm]!, price }
  }

  llmRemoved(): void {}

  get leastProbability(): number {
    return this.#leastProbability
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
