import { solveBudgetDual } from '../../routing/decision/budget-pacer.ts'
import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { ContextTable } from '../online/context-table.ts'
import { LinearArm } from '../online/linear-arm.ts'
import type {
  FittedOnlinePolicy,
  OfflineKnowledge,
  OnlineFeedback,
  OnlineGoal,
  OnlinePolicy,
  OnlinePolicyKind,
  OnlineRequest,
} from '../online/online-policy.ts'
import { goalKey } from '../online/realised-utility.ts'
import { OnlineTuning } from '../online/tune-online.ts'

interface MetaLlmSetting {
  /** α, width of the confidence bound. */
  readonly explorationWidth: number
  /** λ₀ of the ridge. */
  readonly penalty: number
}

const settings: readonly MetaLlmSetting[] = [0.1, 1, 10].flatMap((penalty) =>
  [0, 0.01, 0.1, 0.5].map((explorationWidth) => ({ explorationWidth, penalty })),
)

/**
 * MetaLLM (arXiv:2407.10834), re-implemented from its description: LinUCB with disjoint arms on the prompt's embedding,
 * reward r = quality − p·cost, argmax θᵀx + α·√(xᵀA⁻¹x).
 *
 * Deviations: x is our embedding with a bias instead of Sentence-BERT's; the offline rows warm up every arm with its own
 * outcomes, where the paper plays them one arm at a time; p is 1/(λ·C_ref), or under a budget the price at which what the
 * warmed-up arms choose offline was billed it, as the paper's p is chosen for a budget by hand. α and λ₀ are tuned offline.
 */
export const metaLlmOnline: OnlinePolicyKind = {
  name: 'metallm',
  fit: async (knowledge) => fitMetaLlm(knowledge),
}

export function fitMetaLlm(knowledge: OfflineKnowledge): FittedOnlinePolicy {
  const features = contextFeatures(knowledge)
  const warm = new WarmArms(features)
  const start = (part: OfflineKnowledge, setting: MetaLlmSetting, goal: OnlineGoal) =>
    new MetaLlm(
      warm.of(part, setting.penalty),
      warm.costPrice(part, setting.penalty, goal),
      setting.explorationWidth,
      features,
    )
  const tuning = new OnlineTuning(knowledge, settings, start)
  return { start: (goal) => start(knowledge, tuning.settingFor(goal), goal) }
}

/** x = [e ‖ 1]. */
function contextFeatures(knowledge: OfflineKnowledge): ContextTable {
  const width = knowledge.rows.contexts[0]!.embedding.length
  return new ContextTable(width + 1, (context, x) => {
    x.set(context.embedding)
    x[width] = 1
  })
}

/** A, and b apart for quality and cost, so that one fit serves every p: b = b_q − p·b_c. */
interface WarmArm {
  readonly quality: LinearArm
  readonly cost: LinearArm
}

/** Every arm after the offline outcomes of its LLM. @param features x by context. */
export function warmMetaLlmArms(
  { rows }: OfflineKnowledge,
  penalty: number,
  features: ContextTable,
): readonly WarmArm[] {
  const width = rows.llms.length
  const dimension = features.row(rows.contexts[0]!).length
  const arms = rows.llms.map(() => ({
    quality: new LinearArm(dimension, penalty),
    cost: new LinearArm(dimension, penalty),
  }))
  rows.contexts.forEach((context, row) => {
    const x = features.row(context)
    arms.forEach(({ quality, cost }, llm) => {
      const cell = row * width + llm
      if (Number.isNaN(rows.quality[cell]!) || Number.isNaN(rows.costUsd[cell]!)) return
      quality.update(x, rows.quality[cell]!)
      cost.update(x, rows.costUsd[cell]!)
    })
  })
  return arms
}

/** The arms after all offline outcomes, per part of the rows and penalty. */
class WarmArms {
  readonly #features: ContextTable
  readonly #arms = new WeakMap<OfflineKnowledge, Map<number, readonly WarmArm[]>>()
  readonly #prices = new WeakMap<OfflineKnowledge, Map<string, number>>()

  constructor(features: ContextTable) {
    this.#features = features
  }

  of(part: OfflineKnowledge, penalty: number): readonly WarmArm[] {
    const byPenalty = this.#arms.get(part) ?? new Map<number, readonly WarmArm[]>()
    this.#arms.set(part, byPenalty)
    const known = byPenalty.get(penalty)
    if (known !== undefined) return known
    const arms = warmMetaLlmArms(part, penalty, this.#features)
    byPenalty.set(penalty, arms)
    return arms
  }

  /** p, USD⁻¹. */
  costPrice(part: OfflineKnowledge, penalty: number, goal: OnlineGoal): number {
    if (goal.lambda !== undefined) return 1 / (Math.max(goal.lambda, 1e-9) * goal.costReferenceUsd)
    const byGoal = this.#prices.get(part) ?? new Map<string, number>()
    this.#prices.set(part, byGoal)
    const key = `${penalty}|${goalKey(goal)}`
    const known = byGoal.get(key)
    if (known !== undefined) return known
    const arms = this.of(part, penalty)
    const members = arms.flatMap((_, llm) => (part.newcomers.includes(llm) ? [] : [llm]))
    const { contexts, costUsd, llms } = part.rows
    const expected = contexts.map((context) => expectedOf(arms, members, this.#features, context))
    const dual = solveBudgetDual((scaled) => {
      let sum = 0
      expected.forEach(({ quality, cost }, row) => {
        const chosen = argmaxAt(quality, cost, scaled / goal.costReferenceUsd)
        const billed = costUsd[row * llms.length + members[chosen]!]!
        sum += Number.isNaN(billed) ? cost[chosen]! : billed
      })
      return sum / expected.length
    }, goal.budgetUsd!)
    byGoal.set(key, dual / goal.costReferenceUsd)
    return dual / goal.costReferenceUsd
  }
}

function expectedOf(
  arms: readonly WarmArm[],
  members: readonly number[],
  features: ContextTable,
  context: RoutingContext,
): { readonly quality: Float64Array; readonly cost: Float64Array } {
  const x = features.row(context)
  return {
    quality: Float64Array.from(members, (llm) => arms[llm]!.quality.mean(x)),
    cost: Float64Array.from(members, (llm) => arms[llm]!.cost.mean(x)),
  }
}

function argmaxAt(quality: Float64Array, cost: Float64Array, price: number): number {
  let best = 0
  for (let i = 1; i < quality.length; i++) {
    if (quality[i]! - price * cost[i]! > quality[best]! - price * cost[best]!) best = i
  }
  return best
}

interface OnlineArm {
  readonly reward: LinearArm
  /** b_c, kept apart so that a price change reaches what was learned before it. */
  readonly costMoment: Float64Array
}

/** LinUCB with disjoint arms; the whole of it is {@link bound}. */
export class MetaLlm implements OnlinePolicy {
  readonly #arms: OnlineArm[]
  readonly #costPrice: number
  readonly #explorationWidth: number
  readonly #features: ContextTable

  /** @param warm copied. @param costPrice p, USD⁻¹. @param explorationWidth α. */
  constructor(warm: readonly WarmArm[], costPrice: number, explorationWidth: number, features: ContextTable) {
    this.#costPrice = costPrice
    this.#explorationWidth = explorationWidth
    this.#features = features
    this.#arms = warm.map(({ quality, cost }) => {
      const reward = quality.clone()
      for (let i = 0; i < reward.dimension; i++) {
        reward.moment[i]! -= costPrice * cost.moment[i]!
        reward.theta[i]! -= costPrice * cost.theta[i]!
      }
      return { reward, costMoment: cost.moment.slice() }
    })
  }

  choose({ context, candidates }: OnlineRequest): number {
    const x = this.#features.row(context)
    let best = candidates[0]!
    let bestBound = Number.NEGATIVE_INFINITY
    for (const llm of candidates) {
      const bound = this.bound(llm, x)
      if (bound <= bestBound) continue
      best = llm
      bestBound = bound
    }
    return best
  }

  /** θᵀx + α·√(xᵀA⁻¹x), reward units. */
  bound(llm: number, x: Float64Array): number {
    const { reward } = this.#arms[llm]!
    if (this.#explorationWidth === 0) return reward.mean(x)
    return reward.mean(x) + this.#explorationWidth * Math.sqrt(Math.max(0, reward.variance(x)))
  }

  learn({ context }: OnlineRequest, { llm, quality, satisfied, costUsd }: OnlineFeedback): void {
    const observed = quality ?? (satisfied === undefined ? undefined : Number(satisfied))
    if (observed === undefined) return
    const x = this.#features.row(context)
    const { reward, costMoment } = this.#arms[llm]!
    reward.update(x, observed - this.#costPrice * costUsd)
    for (let i = 0; i < x.length; i++) costMoment[i]! += costUsd * x[i]!
  }

  priceChanged(llm: number, factor: number): void {
    const { reward, costMoment } = this.#arms[llm]!
    for (let i = 0; i < costMoment.length; i++) {
      reward.moment[i]! += this.#costPrice * (1 - factor) * costMoment[i]!
      costMoment[i]! *= factor
    }
    reward.solve()
  }

  /** The arm was there from the start, with nothing learned: LinUCB has no other rule for newcomers. */
  llmAdded(): void {}

  llmRemoved(): void {}
}
