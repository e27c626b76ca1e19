import { bestCandidate, drawCandidate } from '../../routing/decision/choice.ts'
import { latencyPenalty } from '../../routing/decision/utility.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import { expectedCostUsd, type TokenPrice } from '../../routing/registry/token-price.ts'
import type { OnlineFeedback, OnlinePolicy, OnlineRequest } from '../online/online-policy.ts'
import { FeedbackNetwork } from './feedback-network.ts'
import type { InverseDesign } from './inverse-design.ts'
import type { PromptEstimateMemory, PromptEstimates } from './prompt-estimates.ts'
import { ResidualRegression } from './residual-regression.ts'

export interface MetaDecisionOptions {
  /** λ ≥ 0. */
  readonly lambda: number
  /** C_ref > 0, USD. */
  readonly costReferenceUsd: number
  /** What it learns from: the measured quality, the user's thumb, or nothing. */
  readonly feedback: 'refined' | 'binary' | 'none'
  /** α. Default .01. */
  readonly explorationWeight?: number
  /** β. Default .1. */
  readonly penaltyWeight?: number
  /** τ, ms. Default 30,000. */
  readonly timeLimitMs?: number
  /** u = √(eᵀA⁻¹e), as LinUCB has it, or eᵀA⁻¹e. Default true. */
  readonly rootUncertainty?: boolean
  /** k of the residuals. Default: what the offline part chose. */
  readonly residualRidge?: number
  /** Of f_df. Default `descent`. */
  readonly optimiser?: 'descent' | 'adam'
  /** Of f_df's first weights. */
  readonly seed: number
}

/** The offline part of MixLLM that streams share; LLMs are indices into the data set's LLMs. */
export interface OfflineMixLlm {
  readonly memory: PromptEstimateMemory
  /** Place of each LLM in the estimates; −1 for one that nothing was fitted for. Shape [llms]. */
  readonly columns: Int32Array
  /** A_l after the offline queries. Never changed: a stream copies what it updates. Shape [llms]. */
  readonly designs: readonly InverseDesign[]
  /** The design that `memory` has the quadratic form of. */
  readonly sharedDesign: InverseDesign
  /** k of {@link ResidualRegression}. */
  readonly residualRidge: number
}

interface Arm {
  readonly column: number
  design: InverseDesign
  /** Whether `design` is this stream's own. */
  owned: boolean
  /** Whether it started as the design that the LLMs share. */
  readonly isShared: boolean
  /** Of quality, and of cost in units of C_ref. */
  readonly residuals: ResidualRegression
  priceFactor: number
  price: TokenPrice | undefined
}

/**
 * MixLLM's meta decision maker (arXiv:2502.18482, Eq. 7–11) and its continual training (section 3.6), mathematics §14:
 *
 *     s_l = λ/(1+λ)·p̂_l − 1/(1+λ)·ĉ_l/C_ref + α·u_l − β·pen_l        l* = argmax s_l, ties to the cheaper
 *
 * Refined feedback: p̂ = f(e) + θ_lᵀ[e, 1], the offline regressor frozen and the residual learned by {@link ResidualRegression}
 * under a design of its own, one rank-1 update per answer; the cost likewise. A_l, which holds the offline queries, serves u_l
 * alone: to the residual those would be so many labels of zero, and it would hardly move.
 * Deviation: the paper updates the regressor itself, which is a forest and has no step for one new point.
 *
 * Binary feedback: {@link FeedbackNetwork} is added to the score and learns; the regressors do not. Choices are drawn
 * from its π while it learns. A_l grows with every answer it is played in.
 *
 * An LLM that nothing was fitted for starts from the mean of the others' estimates at its own price, and from A = I.
 * Deviation: the paper labels the whole training set for a newcomer; a stream does not.
 */
export class MetaDecisionMaker implements OnlinePolicy {
  readonly #offline: OfflineMixLlm
  readonly #options: Required<MetaDecisionOptions>
  readonly #arms: Arm[]
  readonly #network: FeedbackNetwork | undefined
  readonly #scores: Float64Array
  readonly #costs: Float64Array
  readonly #probabilities: Float64Array
  readonly #dynamic: Float64Array
  #learning = true

  constructor(offline: OfflineMixLlm, options: MetaDecisionOptions) {
    const llms = offline.columns.length
    const { dimension } = offline.memory.estimates
    this.#offline = offline
    this.#options = {
      explorationWeight: 0.01,
      penaltyWeight: 0.1,
      timeLimitMs: 30_000,
      rootUncertainty: true,
      residualRidge: offline.residualRidge,
      optimiser: 'descent',
      ...options,
    }
    const { feedback, optimiser, seed, residualRidge } = this.#options
    this.#arms = Array.from({ length: llms }, (_, llm) => newArm(offline, llm, dimension, residualRidge))
    this.#network =
      feedback === 'binary' ? new FeedbackNetwork({ inputs: dimension, llms, optimiser, seed }) : undefined
    this.#scores = new Float64Array(llms)
    this.#costs = new Float64Array(llms)
    this.#probabilities = new Float64Array(llms)
    this.#dynamic = new Float64Array(llms)
  }

  /** From now on nothing is learned and nothing is drawn. */
  freeze(): void {
    this.#learning = false
  }

  choose(request: OnlineRequest, random: RandomSource): number {
    const { candidates } = request
    const prompt = this.#offline.memory.of(request.context, request.inputTokens)
    if (this.#network === undefined || !this.#learning) {
      this.#score(request, prompt, 'best')
      return candidates[bestCandidate(this.#scores, this.#costs, candidates.length)]!
    }
    this.#score(request, prompt, 'all')
    this.#soften(candidates.length, this.#network.temperature)
    return candidates[drawCandidate(this.#probabilities, candidates.length, random)]!
  }

  /** The `count` best candidates, best first: the paper's Top-k policy (its section 4.8) asks them all. */
  rank(request: OnlineRequest, count: number): number[] {
    this.#score(request, this.#offline.memory.of(request.context, request.inputTokens), 'all')
    const order = request.candidates.map((_, i) => i)
    order.sort((a, b) => this.#scores[b]! - this.#scores[a]! || this.#costs[a]! - this.#costs[b]!)
    return order.slice(0, count).map((i) => request.candidates[i]!)
  }

  /** What the best candidate is expected to be billed, USD. */
  predictedCostUsd(request: OnlineRequest): number {
    this.#score(request, this.#offline.memory.of(request.context, request.inputTokens), 'best')
    const best = bestCandidate(this.#scores, this.#costs, request.candidates.length)
    return this.#costs[best]! * this.#options.costReferenceUsd
  }

  learn(request: OnlineRequest, feedback: OnlineFeedback): void {
    if (!this.#learning || this.#options.feedback === 'none') return
    const prompt = this.#offline.memory.of(request.context, request.inputTokens)
    const arm = this.#arms[feedback.llm]!
    if (this.#network === undefined) this.#learnResiduals(arm, prompt, feedback)
    else if (feedback.satisfied !== undefined) {
      this.#learnSatisfaction(this.#network, request, prompt, feedback.llm, feedback.satisfied)
      this.#own(arm).update(prompt.embedding)
    }
  }

  priceChanged(llm: number, factor: number): void {
    const arm = this.#arms[llm]!
    arm.priceFactor *= factor
    arm.residuals.scaleCost(factor)
  }

  /** One that was here before comes back with what was learned of it. */
  llmAdded(llm: number, price: TokenPrice | undefined): void {
    this.#arms[llm]!.price = price
  }

  /** Its state is kept for a return; the candidates leave it out. */
  llmRemoved(): void {}

  #learnResiduals(arm: Arm, prompt: PromptEstimates, { quality, costUsd }: OnlineFeedback): void {
    if (quality === undefined) return
    const { embedding } = prompt
    const cost = costUsd / this.#options.costReferenceUsd - this.#offlineCost(arm, prompt)
    arm.residuals.learn(embedding, quality - offlineQuality(arm, prompt), cost)
    this.#own(arm).update(embedding)
  }

  #learnSatisfaction(
    network: FeedbackNetwork,
    request: OnlineRequest,
    prompt: PromptEstimates,
    llm: number,
    satisfied: boolean,
  ): void {
    const { candidates } = request
    const drawn = candidates.indexOf(llm)
    if (drawn === -1) return
    this.#score(request, prompt, 'all')
    this.#soften(candidates.length, network.temperature)
    network.learn(prompt.embedding, candidates, this.#probabilities, drawn, satisfied)
  }

  /**
   * Fills scores and costs in candidate order. With `best` only the highest score is sure to be exact: an LLM that could not
   * lead with the largest u it can have stays without it, which leaves the argmax as it is and saves most of the O(d²) forms.
   */
  #score({ candidates, waitMs }: OnlineRequest, prompt: PromptEstimates, exact: 'best' | 'all'): void {
    const { lambda, explorationWeight, penaltyWeight, timeLimitMs } = this.#options
    const qualityWeight = lambda / (1 + lambda)
    const { embedding } = prompt
    this.#network?.scores(embedding, this.#dynamic)
    let lead = Number.NEGATIVE_INFINITY
    for (let i = 0; i < candidates.length; i++) {
      const llm = candidates[i]!
      const arm = this.#arms[llm]!
      const quality = clip(offlineQuality(arm, prompt) + arm.residuals.quality(embedding))
      const cost = Math.max(0, this.#cost(arm, prompt))
      let score = qualityWeight * quality - (1 - qualityWeight) * cost + this.#dynamic[llm]!
      if (waitMs !== undefined) score -= penaltyWeight * latencyPenalty(waitMs[llm]!, timeLimitMs)
      this.#scores[i] = score
      this.#costs[i] = cost
      lead = Math.max(lead, score)
    }
    if (explorationWeight === 0) return
    const sharedBonus = explorationWeight * this.#spread(prompt.sharedQuadratic)
    for (let i = 0; i < candidates.length; i++) {
      const arm = this.#arms[candidates[i]!]!
      // A_l only grows, so that u_l is at most what it was at the start.
      if (arm.isShared && exact === 'best' && this.#scores[i]! + sharedBonus < lead) continue
      const isUnmoved = arm.isShared && !arm.owned
      this.#scores[i]! += isUnmoved ? sharedBonus : explorationWeight * this.#spread(arm.design.quadratic(embedding))
    }
  }

  /** u. */
  #spread(quadratic: number): number {
    return this.#options.rootUncertainty ? Math.sqrt(quadratic) : quadratic
  }

  /** In units of C_ref; may come out below 0. */
  #cost(arm: Arm, prompt: PromptEstimates): number {
    return this.#offlineCost(arm, prompt) + arm.residuals.cost(prompt.embedding)
  }

  #offlineCost(arm: Arm, prompt: PromptEstimates): number {
    return (arm.priceFactor * offlineCostUsd(arm, prompt)) / this.#options.costReferenceUsd
  }

  #soften(count: number, temperature: number): void {
    let highest = Number.NEGATIVE_INFINITY
    for (let i = 0; i < count; i++) highest = Math.max(highest, this.#scores[i]!)
    let total = 0
    for (let i = 0; i < count; i++) {
      this.#probabilities[i] = Math.exp((this.#scores[i]! - highest) / temperature)
      total += this.#probabilities[i]!
    }
    for (let i = 0; i < count; i++) this.#probabilities[i]! /= total
  }

  #own(arm: Arm): InverseDesign {
    if (!arm.owned) {
      arm.design = arm.design.copy()
      arm.owned = true
    }
    return arm.design
  }
}

function newArm(offline: OfflineMixLlm, llm: number, dimension: number, residualRidge: number): Arm {
  return {
    column: offline.columns[llm]!,
    design: offline.designs[llm]!,
    owned: false,
    isShared: offline.designs[llm] === offline.sharedDesign,
    residuals: new ResidualRegression(dimension, residualRidge),
    priceFactor: 1,
    price: undefined,
  }
}

function offlineQuality({ column }: Arm, { quality }: PromptEstimates): number {
  return column === -1 ? mean(quality) : quality[column]!
}

function offlineCostUsd({ column, price }: Arm, { costUsd, outputTokens, inputTokens }: PromptEstimates): number {
  if (column !== -1) return costUsd[column]!
  if (price === undefined) return mean(costUsd)
  return expectedCostUsd(price, inputTokens, mean(outputTokens))
}

function mean(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

function clip(quality: number): number {
  return Math.min(1, Math.max(0, quality))
}
