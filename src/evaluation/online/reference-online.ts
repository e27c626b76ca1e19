import { costQualityHull } from '../../routing/decision/cost-quality-hull.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type {
  FittedOnlinePolicy,
  OfflineKnowledge,
  OnlineGoal,
  OnlinePolicy,
  OnlinePolicyKind,
  OnlineRequest,
} from './online-policy.ts'
import { goalWeights } from './realised-utility.ts'
import { offlineMeans } from './unit-prices.ts'

/** An even draw from the pool. */
export const randomOnline: OnlinePolicyKind = {
  name: 'random',
  fit: async () =>
    fixed(() => ({ choose: ({ candidates }, random) => candidates[drawEven(candidates.length, random)]! })),
}

/** The LLM with the lowest mean bill offline, at today's prices; a newcomer, of whom no bill is known, never. */
export const cheapestOnline: OnlinePolicyKind = {
  name: 'cheapest',
  fit: async (knowledge) =>
    fixed(() => {
      const { costUsd } = offlineMeans(knowledge.rows)
      return {
        choose: ({ candidates }) => bestBy(candidates, (llm) => -costUsd[llm]!),
        priceChanged: (llm, factor) => {
          costUsd[llm]! *= factor
        },
      }
    }),
}

/** The LLM of the best mean quality offline, whatever it costs. */
export const bestSingleOnline: OnlinePolicyKind = {
  name: 'best-single',
  fit: async (knowledge) =>
    fixed(() => {
      const { quality } = offlineMeans(knowledge.rows)
      return { choose: ({ candidates }) => bestBy(candidates, (llm) => quality[llm]!) }
    }),
}

/**
 * ZeroRouter (arXiv:2403.12031): the best one gets without looking at prompts. At a λ the LLM of the best mean utility offline;
 * under a budget the mixture of two neighbours on the hull of fixed LLMs that spends it. Follows prices and removals,
 * which everybody sees; never learns.
 */
export const zeroRouterOnline: OnlinePolicyKind = {
  name: 'zero-router',
  fit: async (knowledge) => fixed((goal) => zeroRouter(knowledge, goal)),
}

function zeroRouter(knowledge: OfflineKnowledge, goal: OnlineGoal): Chooser {
  const { quality, costUsd } = offlineMeans(knowledge.rows)
  const weights = goalWeights(goal, 0)
  const utilityOf = (llm: number) =>
    weights.quality * quality[llm]! - (weights.cost * costUsd[llm]!) / goal.costReferenceUsd
  let mixture: Mixture | undefined
  let mixedOver: readonly number[] | undefined
  return {
    choose: ({ candidates }, random) => {
      if (goal.budgetUsd === undefined) return bestBy(candidates, utilityOf)
      if (mixedOver !== candidates || mixture === undefined) {
        mixture = hullMixture(candidates, quality, costUsd, goal.budgetUsd)
        mixedOver = candidates
      }
      return random.next() < mixture.dearShare ? mixture.dear : mixture.cheap
    },
    priceChanged: (llm, factor) => {
      costUsd[llm]! *= factor
      mixture = undefined
    },
  }
}

interface Mixture {
  readonly cheap: number
  readonly dear: number
  readonly dearShare: number
}

function hullMixture(
  candidates: readonly number[],
  quality: Float64Array,
  costUsd: Float64Array,
  budgetUsd: number,
): Mixture {
  const points = candidates.flatMap((llm) =>
    Number.isNaN(quality[llm]!) || Number.isNaN(costUsd[llm]!)
      ? []
      : [{ llm, quality: quality[llm]!, costUsd: costUsd[llm]! }],
  )
  if (points.length === 0) return { cheap: candidates[0]!, dear: candidates[0]!, dearShare: 0 }
  const hull = costQualityHull(points)
  const next = hull.findIndex((point) => point.costUsd > budgetUsd)
  if (next === -1) return { cheap: hull.at(-1)!.llm, dear: hull.at(-1)!.llm, dearShare: 0 }
  if (next === 0) return { cheap: hull[0]!.llm, dear: hull[0]!.llm, dearShare: 0 }
  const cheap = hull[next - 1]!
  const dear = hull[next]!
  const dearShare = (budgetUsd - cheap.costUsd) / (dear.costUsd - cheap.costUsd)
  return { cheap: cheap.llm, dear: dear.llm, dearShare }
}

type Chooser = Pick<OnlinePolicy, 'choose'> & Partial<Pick<OnlinePolicy, 'priceChanged'>>

function fixed(start: (goal: OnlineGoal) => Chooser): FittedOnlinePolicy {
  return {
    start: (goal) => ({ priceChanged() {}, learn() {}, llmAdded() {}, llmRemoved() {}, ...start(goal) }),
  }
}

/** The candidate of the highest value, the first of equals; those whose value is NaN only when all are. */
function bestBy(candidates: OnlineRequest['candidates'], worthOf: (llm: number) => number): number {
  let best = candidates[0]!
  let bestValue = Number.NEGATIVE_INFINITY
  for (const llm of candidates) {
    const value = worthOf(llm)
    if (!(value > bestValue)) continue
    best = llm
    bestValue = value
  }
  return best
}

function drawEven(count: number, random: RandomSource): number {
  return Math.floor(random.next() * count)
}
