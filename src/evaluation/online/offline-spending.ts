import { type SpendCurve, spendCurve } from '../../routing/decision/budget-pacer.ts'
import { type CandidateBuffers, newCandidateBuffers } from '../../routing/decision/candidate-buffers.ts'
import { candidateUtilities } from '../../routing/decision/candidate-utilities.ts'
import { choiceProbabilities } from '../../routing/decision/choice.ts'
import type { TradeOff } from '../../routing/decision/utility.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { RouterOptions } from '../../routing/router.ts'
import type { RoutingPolicy } from '../../routing/routing-policy.ts'
import type { OfflineFit } from './offline-fit.ts'
import type { OnlineGoal } from './online-policy.ts'
import { goalWeights } from './realised-utility.ts'

/**
 * From quality, uncertainty and cost in the buffers to choice probabilities; the router's rules, without times.
 *
 * @param servesHull the buffers hold means, which no rule for undecided quality is for.
 */
export function decideByEstimates(
  buffers: CandidateBuffers,
  count: number,
  goal: OnlineGoal,
  dual: number,
  router: RouterOptions,
  servesHull: boolean,
): void {
  const options = { ...router, costReferenceUsd: goal.costReferenceUsd }
  candidateUtilities(buffers, count, goalWeights(goal, dual), !servesHull, options)
  choiceProbabilities(buffers, count, router.exploration, buffers.probability)
}

/** The goal's trade-off as the guard reads it, in which cost is in units of the version's C_ref. */
export function guardedWeights(policy: RoutingPolicy, goal: OnlineGoal, dual: number): TradeOff {
  const { quality, cost } = goalWeights(goal, dual)
  return { quality, cost: (cost * policy.costReferenceUsd) / goal.costReferenceUsd }
}

/**
 * What requests like the offline ones would be billed under each ν (mathematics §18): out-of-fold estimates with what was learned
 * since added, the real choice probabilities, and the bills those choices had, in the pool and at the prices of now.
 */
export class OfflineSpending {
  readonly #fit: OfflineFit
  readonly #router: RouterOptions
  readonly #goal: OnlineGoal
  /** By incumbent. */
  readonly #costFactor: Float64Array
  readonly #isPresent: Uint8Array

  constructor(fit: OfflineFit, router: RouterOptions, goal: OnlineGoal) {
    this.#fit = fit
    this.#router = router
    this.#goal = goal
    this.#costFactor = new Float64Array(fit.incumbents.length).fill(1)
    this.#isPresent = new Uint8Array(fit.incumbents.length).fill(1)
  }

  /** @param llm as the data set counts them, as in {@link remove}; one that was not among the offline data is passed over. */
  scaleCost(llm: number, factor: number): void {
    const place = this.#fit.incumbents.indexOf(llm)
    if (place >= 0) this.#costFactor[place]! *= factor
  }

  remove(llm: number): void {
    const place = this.#fit.incumbents.indexOf(llm)
    if (place >= 0) this.#isPresent[place] = 0
  }

  /** About 50 passes over the offline rows. */
  curve(policy: RoutingPolicy): SpendCurve {
    const { incumbents, rows, stack } = this.#fit
    const width = incumbents.length
    const places = incumbents.flatMap((_, place) => (this.#isPresent[place] === 1 ? [place] : []))
    const count = places.length
    const llms = places.map((place): Llm => ({ ...unknown, id: rows.llms[place]!, upstreamModel: rows.llms[place]! }))
    const buffers = newCandidateBuffers(count)
    buffers.optimism.fill(this.#router.explorationWidth)
    const cells = rows.contexts.length * count
    const estimates = {
      mean: new Float64Array(cells),
      blind: new Float64Array(cells),
      uncertainty: new Float64Array(cells),
    }
    const costs = { expected: new Float64Array(cells), billed: new Float64Array(cells) }
    const means = places.map((place) => this.#fit.policy.llms[place]!)
    rows.contexts.forEach((context, row) => {
      policy.estimateQuality(context, llms, buffers)
      places.forEach((place, i) => {
        const cell = row * width + place
        const at = row * count + i
        const learned = buffers.mean[i]! - buffers.offline[i]!
        estimates.mean[at] = Math.min(1, Math.max(0, stack.outOfFold[cell]! + learned))
        estimates.blind[at] = Math.min(1, Math.max(0, means[i]!.meanQuality + learned))
        estimates.uncertainty[at] = buffers.uncertainty[i]!
        const billed = rows.costUsd[cell]!
        costs.expected[at] = this.#costFactor[place]! * this.#fit.costUsd[cell]!
        costs.billed[at] = Number.isNaN(billed) ? costs.expected[at]! : this.#costFactor[place]! * billed
      })
    })
    return spendCurve((dual) => {
      const servesHull = policy.servesHull(guardedWeights(policy, this.#goal, dual))
      let sum = 0
      for (let start = 0; start < cells; start += count) {
        for (let i = 0; i < count; i++) {
          buffers.mean[i] = servesHull ? estimates.blind[start + i]! : estimates.mean[start + i]!
          buffers.uncertainty[i] = estimates.uncertainty[start + i]!
          const meanUsd = servesHull ? means[i]!.meanCostUsd : undefined
          buffers.comparableCostUsd[i] =
            meanUsd === undefined ? costs.expected[start + i]! : this.#costFactor[places[i]!]! * meanUsd
        }
        decideByEstimates(buffers, count, this.#goal, dual, this.#router, servesHull)
        for (let i = 0; i < count; i++) sum += buffers.probability[i]! * costs.billed[start + i]!
      }
      return sum / rows.contexts.length
    })
  }
}

const unknown = { ...unknownLlmProperties, provider: '', price: undefined }
