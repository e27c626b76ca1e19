import { solveBudgetDual } from '../../routing/decision/budget-pacer.ts'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { KnnQualityPredictor } from '../../routing/prediction/knn-quality-predictor.ts'
import type { QualityPredictor } from '../../routing/prediction/quality-predictor.ts'
import { RidgeQualityPredictor } from '../../routing/prediction/ridge-quality-predictor.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import { type Llm, unknownLlmProperties } from '../../routing/registry/llm.ts'
import type { PolicyName } from '../policy-names.ts'
import { ContextTable } from './context-table.ts'
import { crossFit, type OfflineFit, type OfflineFits, tableOf } from './offline-fit.ts'
import type { OnlineGoal, OnlinePolicy, OnlinePolicyKind, OnlineRequest } from './online-policy.ts'
import { goalKey, goalWeights } from './realised-utility.ts'

/** A quality predictor to route by, and what it says of the rows it was fitted on without having seen them. */
export interface OfflinePredictions {
  readonly quality: ContextTable
  /** Row-major, rows × incumbents. */
  readonly outOfFold: Float64Array
}

/**
 * A router that was fitted offline and learns nothing: argmax q̂ − weight·ĉ/C_ref at the goal's λ, or under a budget at the
 * ν that spends it offline. Costs are those of the shared predictor, scaled by the price changes; a newcomer is unknown to it
 * and gets no request while there is another.
 */
export function staticOnline(
  name: PolicyName,
  fits: OfflineFits,
  predict: (fit: OfflineFit, seed: number) => OfflinePredictions | Promise<OfflinePredictions>,
): OnlinePolicyKind {
  return {
    name,
    async fit(knowledge) {
      const fit = await fits.of(knowledge)
      const predictions = await predict(fit, knowledge.seed)
      const costs = offlineCosts(fit)
      const duals = new Map<string, number>()
      return {
        start: (goal) => {
          const key = goalKey(goal)
          const dual = duals.get(key) ?? offlineDual(fit, predictions.outOfFold, goal)
          duals.set(key, dual)
          return new StaticOnline(fit.incumbents, predictions.quality, costs, knowledge.rows.llms.length, goal, dual)
        },
      }
    },
  }
}

export const stackedPredictions = (fit: OfflineFit): OfflinePredictions => ({
  quality: fit.quality,
  outOfFold: fit.stack.outOfFold,
})

export const ridgePredictions = (fit: OfflineFit): OfflinePredictions =>
  predictionsOf(fit.rows, (rows) => RidgeQualityPredictor.fit(rows, { penalty: fit.stack.ridge.penalty }))

export const knnPredictions = (fit: OfflineFit, seed: number): OfflinePredictions =>
  predictionsOf(fit.rows, (rows) => KnnQualityPredictor.fit(rows, { seed }))

function predictionsOf(rows: TrainingRows, fitRows: (rows: TrainingRows) => QualityPredictor): OfflinePredictions {
  return { quality: tableOf(fitRows(rows)), outOfFold: crossFit(rows, fitRows) }
}

/** ĉ by prompt. */
export interface CostTable {
  /** USD; not to be written to. @param inputTokens always the same for one context. */
  row(context: RoutingContext, inputTokens: number): Float64Array
}

/** ĉ at the prices of the fit, incumbents in order; an unknown bill counts as the dearest of the prompt. */
export function offlineCosts(fit: OfflineFit): CostTable {
  const llms: Llm[] = fit.rows.llms.map((id, index) => ({
    ...unknownLlmProperties,
    id,
    provider: '',
    upstreamModel: id,
    price: fit.prices[index],
  }))
  const width = llms.length
  const rest = {
    offlineCostUsd: new Float64Array(width),
    costUsdP90: new Float64Array(width),
    outputTokens: new Float64Array(width),
    outputTokensP90: new Float64Array(width),
  }
  let inputTokens = 0
  const table = new ContextTable(width, (context, costUsd) => {
    fit.stack.cost.predict(context, { inputTokens, maxOutputTokens: undefined, choices: 1 }, llms, { ...rest, costUsd })
    let dearest = fit.policy.costReferenceUsd
    for (const cost of costUsd) if (cost > dearest) dearest = cost
    for (let i = 0; i < width; i++) if (Number.isNaN(costUsd[i]!)) costUsd[i] = dearest
  })
  return {
    row: (context, counted) => {
      inputTokens = counted
      return table.row(context)
    },
  }
}

/** ν under which out-of-fold decisions were billed the budget; 0 without one. */
function offlineDual(fit: OfflineFit, outOfFold: Float64Array, goal: OnlineGoal): number {
  if (goal.budgetUsd === undefined) return 0
  const width = fit.incumbents.length
  return solveBudgetDual((dual) => {
    const weight = dual / goal.costReferenceUsd
    let sum = 0
    for (let start = 0; start < outOfFold.length; start += width) {
      let best = start
      for (let cell = start + 1; cell < start + width; cell++) {
        if (outOfFold[cell]! - weight * fit.costUsd[cell]! > outOfFold[best]! - weight * fit.costUsd[best]!) best = cell
      }
      const billed = fit.rows.costUsd[best]!
      sum += Number.isNaN(billed) ? fit.costUsd[best]! : billed
    }
    return (sum * width) / outOfFold.length
  }, goal.budgetUsd)
}

class StaticOnline implements OnlinePolicy {
  /** Place of each LLM among the incumbents; −1 for others. */
  readonly #place: Int32Array
  readonly #quality: ContextTable
  readonly #costs: CostTable
  readonly #factor: Float64Array
  readonly #weights: { readonly quality: number; readonly cost: number }

  constructor(
    incumbents: readonly number[],
    quality: ContextTable,
    costs: CostTable,
    llms: number,
    goal: OnlineGoal,
    dual: number,
  ) {
    this.#place = new Int32Array(llms).fill(-1)
    incumbents.forEach((llm, place) => {
      this.#place[llm] = place
    })
    this.#quality = quality
    this.#costs = costs
    this.#factor = new Float64Array(llms).fill(1)
    const { quality: qualityWeight, cost } = goalWeights(goal, dual)
    this.#weights = { quality: qualityWeight, cost: cost / goal.costReferenceUsd }
  }

  choose({ context, inputTokens, candidates }: OnlineRequest): number {
    const quality = this.#quality.row(context)
    const costs = this.#costs.row(context, inputTokens)
    let best = candidates[0]!
    let bestUtility = Number.NEGATIVE_INFINITY
    for (const llm of candidates) {
      const place = this.#place[llm]!
      if (place === -1) continue
      const cost = this.#factor[llm]! * costs[place]!
      const utility = this.#weights.quality * quality[place]! - this.#weights.cost * cost
      if (utility <= bestUtility) continue
      best = llm
      bestUtility = utility
    }
    return best
  }

  learn(): void {}

  priceChanged(llm: number, factor: number): void {
    this.#factor[llm]! *= factor
  }

  llmAdded(): void {}

  llmRemoved(): void {}
}
