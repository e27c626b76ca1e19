import { drawCandidate } from '../../routing/decision/choice.ts'
import { type CostQualityPoint, costQualityHull } from '../../routing/decision/cost-quality-hull.ts'
import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type {
  FittedOnlinePolicy,
  OfflineKnowledge,
  OnlineFeedback,
  OnlineGoal,
  OnlinePolicy,
  OnlinePolicyKind,
  OnlineRequest,
} from '../online/online-policy.ts'
import { goalWeights } from '../online/realised-utility.ts'
import { offlineMeans } from '../online/unit-prices.ts'
import { type ArmSummary, bestArmEvidence, bestArmProportions } from './best-arm-proportions.ts'

export interface TrackAndStopOptions {
  /** ε, reward units: a gap that does not matter. */
  readonly epsilon: number
  /** δ: how often the wrong arm may be declared best. */
  readonly delta: number
  /** Observations per arm before its mean counts for anything. */
  readonly nursery: number
  /** Requests between two computations of the proportions. */
  readonly refresh: number
}

/** ε and δ are typical of the product's examples; it refreshes by the clock, every 300 s. */
const defaultOptions: TrackAndStopOptions = { epsilon: 0.01, delta: 0.05, nursery: 20, refresh: 50 }

const leastProbability = 1e-6

/** Shares are mixed with even ones by 1/√observations. */
const evenMixing = 1

const leastVariance = 1e-4

/**
 * Track-and-stop best-arm identification as in TensorZero's adaptive experiments, re-implemented from its description: no
 * context; round robin until every arm has its nursery samples, then draws by the proportions that tell the best arm apart
 * fastest ({@link bestArmProportions}), mixed with even ones by 1/√n, until the likelihood ratio is certain to δ; from then
 * on the winner answers everything. An LLM that joins reopens the experiment; nothing else does.
 *
 * Deviations: the metric is the goal's utility, under a budget q − ν·c with a ν under which the best affordable LLM
 * wins, as the product optimises whatever metric it is given; offline outcomes are its first observations; refreshed by
 * count, not by the clock; the threshold is ln((1 + ln n)/δ), where the product has its own anytime bound. No setting is tuned.
 */
export const trackAndStopOnline: OnlinePolicyKind = {
  name: 'track-and-stop',
  fit: async (knowledge) => fitTrackAndStop(knowledge),
}

export function fitTrackAndStop(knowledge: OfflineKnowledge): FittedOnlinePolicy {
  return {
    start: (goal) => {
      const { quality, cost } = goalWeights(goal, goal.budgetUsd === undefined ? 0 : hullSlope(knowledge, goal))
      const policy = new TrackAndStop(knowledge.rows.llms.length, quality, cost / goal.costReferenceUsd, defaultOptions)
      const { rows } = knowledge
      const width = rows.llms.length
      rows.quality.forEach((value, cell) => {
        if (!Number.isNaN(value) && !Number.isNaN(rows.costUsd[cell]!)) {
          policy.observe(cell % width, value, rows.costUsd[cell]!)
        }
      })
      return policy
    },
  }
}

/**
 * ν at the budget: a price of C_ref under which the best fixed LLM that the budget allows wins, the geometric mean of the
 * hull's slopes to its left and right; for the cheapest, which has no left, twice the right one. One arm cannot spend what
 * lies between two. 0 where the best LLM is affordable.
 */
function hullSlope({ rows }: OfflineKnowledge, { budgetUsd, costReferenceUsd }: OnlineGoal): number {
  const { quality, costUsd } = offlineMeans(rows)
  const points = rows.llms.flatMap((_, llm) =>
    Number.isNaN(quality[llm]!) || Number.isNaN(costUsd[llm]!)
      ? []
      : [{ quality: quality[llm]!, costUsd: costUsd[llm]! }],
  )
  const hull = costQualityHull(points)
  const next = hull.findIndex((point) => point.costUsd > budgetUsd!)
  if (next === -1) return 0
  const affordable = Math.max(0, next - 1)
  const right = hull[affordable + 1] === undefined ? 0 : slope(hull[affordable]!, hull[affordable + 1]!)
  if (affordable === 0) return 2 * right * costReferenceUsd
  const left = slope(hull[affordable - 1]!, hull[affordable]!)
  return Math.sqrt(left * right) * costReferenceUsd
}

function slope(left: CostQualityPoint, right: CostQualityPoint): number {
  return (right.quality - left.quality) / (right.costUsd - left.costUsd)
}

/** Sums of one arm; quality and cost apart, as a price change rescales what was paid. */
interface ArmSums {
  count: number
  quality: number
  qualitySquares: number
  cost: number
  costSquares: number
  products: number
}

export class TrackAndStop implements OnlinePolicy {
  readonly #sums: ArmSums[]
  readonly #qualityWeight: number
  readonly #costWeight: number
  readonly #options: TrackAndStopOptions
  #probabilities = new Float64Array(0)
  #pool: readonly number[] = []
  #winner: number | undefined
  #sinceRefresh = 0

  /** @param qualityWeight and @param costWeight of the reward, per unit of quality and per USD. */
  constructor(llms: number, qualityWeight: number, costWeight: number, options: TrackAndStopOptions) {
    this.#qualityWeight = qualityWeight
    this.#costWeight = costWeight
    this.#options = options
    this.#sums = Array.from({ length: llms }, () => ({
      count: 0,
      quality: 0,
      qualitySquares: 0,
      cost: 0,
      costSquares: 0,
      products: 0,
    }))
  }

  /** The arm that was declared best, while that holds. */
  get winner(): number | undefined {
    return this.#winner
  }

  observe(llm: number, quality: number, costUsd: number): void {
    const sums = this.#sums[llm]!
    sums.count++
    sums.quality += quality
    sums.qualitySquares += quality * quality
    sums.cost += costUsd
    sums.costSquares += costUsd * costUsd
    sums.products += quality * costUsd
  }

  choose({ candidates }: OnlineRequest, random: RandomSource): number {
    if (this.#winner !== undefined && candidates.includes(this.#winner)) return this.#winner
    const young = this.#leastObserved(candidates)
    if (young !== undefined) return young
    if (this.#sinceRefresh === 0 || candidates.length !== this.#pool.length) this.#refresh(candidates)
    this.#sinceRefresh = (this.#sinceRefresh + 1) % this.#options.refresh
    if (this.#winner !== undefined) return this.#winner
    return candidates[drawCandidate(this.#probabilities, candidates.length, random)]!
  }

  learn(_: OnlineRequest, { llm, quality, satisfied, costUsd }: OnlineFeedback): void {
    const observed = quality ?? (satisfied === undefined ? undefined : Number(satisfied))
    if (observed !== undefined) this.observe(llm, observed, costUsd)
  }

  priceChanged(llm: number, factor: number): void {
    const sums = this.#sums[llm]!
    sums.cost *= factor
    sums.costSquares *= factor * factor
    sums.products *= factor
  }

  llmAdded(): void {
    this.#reopen()
  }

  llmRemoved(llm: number): void {
    if (this.#winner === llm) this.#reopen()
  }

  #reopen(): void {
    this.#winner = undefined
    this.#sinceRefresh = 0
  }

  #leastObserved(candidates: readonly number[]): number | undefined {
    let young: number | undefined
    for (const llm of candidates) {
      const { count } = this.#sums[llm]!
      if (count < this.#options.nursery && (young === undefined || count < this.#sums[young]!.count)) young = llm
    }
    return young
  }

  #refresh(candidates: readonly number[]): void {
    const { epsilon, delta } = this.#options
    const arms = candidates.map((llm) => this.#summary(llm))
    const counts = candidates.map((llm) => this.#sums[llm]!.count)
    let leader = 0
    arms.forEach((arm, i) => {
      if (arm.mean > arms[leader]!.mean) leader = i
    })
    const total = counts.reduce((sum, count) => sum + count, 0)
    if (bestArmEvidence(arms, counts, leader, epsilon) > Math.log((1 + Math.log(total)) / delta)) {
      this.#winner = candidates[leader]
    }
    const even = Math.min(1, evenMixing / Math.sqrt(total))
    const shares = bestArmProportions(arms, leader, epsilon)
    const mixed = shares.map((share) => Math.max(leastProbability, (1 - even) * share + even / arms.length))
    const sum = mixed.reduce((all, share) => all + share, 0)
    this.#probabilities = mixed.map((share) => share / sum)
    this.#pool = candidates
  }

  #summary(llm: number): ArmSummary {
    const { count, quality, qualitySquares, cost, costSquares, products } = this.#sums[llm]!
    const wq = this.#qualityWeight
    const wc = this.#costWeight
    const mean = (wq * quality - wc * cost) / count
    const squares = wq * wq * qualitySquares - 2 * wq * wc * products + wc * wc * costSquares
    return { mean, variance: Math.max(leastVariance, squares / count - mean * mean) }
  }
}
