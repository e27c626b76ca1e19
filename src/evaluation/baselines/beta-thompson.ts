import { kMeans } from '../../routing/numeric/k-means.ts'
import { type RandomSource, SeededRandom } from '../../routing/numeric/random-source.ts'
import { stackEmbeddings } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { nextBeta } from '../online/beta-draw.ts'
import { ContextTable } from '../online/context-table.ts'
import type {
  FittedOnlinePolicy,
  OfflineKnowledge,
  OnlineFeedback,
  OnlinePolicy,
  OnlinePolicyKind,
  OnlineRequest,
} from '../online/online-policy.ts'
import { OnlineTuning } from '../online/tune-online.ts'
import { UnitPrices } from '../online/unit-prices.ts'

interface BetaThompsonSetting {
  readonly clusters: number
  /** Penalty of the pool's dearest LLM, in quality units; the others' in proportion to their price. */
  readonly costWeight: number
}

/** .04 is the product's own lowest constant; the wider ones are what other goals need. */
const settings: readonly BetaThompsonSetting[] = [1, 8, 32].flatMap((clusters) =>
  [0.01, 0.04, 0.15, 0.6].map((costWeight) => ({ clusters, costWeight })),
)

/**
 * Beta–Thompson routing as in vLLM's Semantic Router, re-implemented from its description: a request falls into a
 * decision; per decision and LLM a Beta(1 + successes, 1 + failures); the LLM with the highest draw less a cost penalty
 * answers, an LLM never tried there wins at once, and nothing is ever forgotten.
 *
 * Deviations: decisions are K-means clusters of our embedding, where the product's are rules its owner writes; offline
 * outcomes are the experience it starts with; a graded outcome counts q as success and 1 − q as failure; of its penalties
 * only that of cost exists here (overuse, failures, latency and cache have nothing to act on). K and the weight of cost
 * are tuned to the goal; it has no budgets.
 */
export const betaThompsonOnline: OnlinePolicyKind = {
  name: 'beta-thompson',
  fit: async (knowledge) => fitBetaThompson(knowledge),
}

export function fitBetaThompson(knowledge: OfflineKnowledge): FittedOnlinePolicy {
  const maps = new Map<number, ContextTable>()
  const clusterMap = (clusters: number) => {
    const map = maps.get(clusters) ?? nearestCluster(knowledge, clusters)
    maps.set(clusters, map)
    return map
  }
  const start = (part: OfflineKnowledge, { clusters, costWeight }: BetaThompsonSetting) => {
    const map = clusterMap(clusters)
    const policy = new BetaThompson(map, clusters, part.rows.llms.length, new UnitPrices(part), costWeight)
    const { rows } = part
    rows.contexts.forEach((context, row) => {
      for (let llm = 0; llm < rows.llms.length; llm++) {
        const quality = rows.quality[row * rows.llms.length + llm]!
        if (!Number.isNaN(quality)) policy.observe(map.row(context)[0]!, llm, quality)
      }
    })
    return policy
  }
  const tuning = new OnlineTuning(knowledge, settings, start)
  return { start: (goal) => start(knowledge, tuning.settingFor(goal)) }
}

/** One number per prompt: its cluster. */
function nearestCluster({ rows, seed }: OfflineKnowledge, wanted: number): ContextTable {
  const points = stackEmbeddings(rows.contexts)
  const n = rows.contexts.length
  const d = points.length / n
  const k = Math.min(wanted, n)
  const { centroids } = kMeans(points, n, d, k, new SeededRandom(seed))
  return new ContextTable(1, ({ embedding }, row) => {
    let nearest = Number.POSITIVE_INFINITY
    for (let cluster = 0; cluster < k; cluster++) {
      let distance = 0
      for (let j = 0; j < d; j++) distance += (embedding[j]! - centroids[cluster * d + j]!) ** 2
      if (distance >= nearest) continue
      nearest = distance
      row[0] = cluster
    }
  })
}

export class BetaThompson implements OnlinePolicy {
  readonly #clusterOf: ContextTable
  readonly #llms: number
  readonly #prices: UnitPrices
  readonly #costWeight: number
  readonly #successes: Float64Array
  readonly #failures: Float64Array

  /** @param clusterOf rows of one number, the cluster from 0 to `clusters` − 1. */
  constructor(clusterOf: ContextTable, clusters: number, llms: number, prices: UnitPrices, costWeight: number) {
    this.#clusterOf = clusterOf
    this.#llms = llms
    this.#prices = prices
    this.#costWeight = costWeight
    this.#successes = new Float64Array(clusters * llms)
    this.#failures = new Float64Array(clusters * llms)
  }

  observe(cluster: number, llm: number, quality: number): void {
    const cell = cluster * this.#llms + llm
    this.#successes[cell]! += quality
    this.#failures[cell]! += 1 - quality
  }

  choose({ context, candidates }: OnlineRequest, random: RandomSource): number {
    const start = this.#clusterOf.row(context)[0]! * this.#llms
    let dearest = 0
    for (const llm of candidates) {
      if (this.#successes[start + llm]! + this.#failures[start + llm]! === 0) return llm
      dearest = Math.max(dearest, this.#prices.of(llm))
    }
    let best = candidates[0]!
    let bestScore = Number.NEGATIVE_INFINITY
    for (const llm of candidates) {
      const draw = nextBeta(1 + this.#successes[start + llm]!, 1 + this.#failures[start + llm]!, random)
      const penalty = dearest > 0 ? (this.#costWeight * this.#prices.of(llm)) / dearest : 0
      if (draw - penalty <= bestScore) continue
      best = llm
      bestScore = draw - penalty
    }
    return best
  }

  learn({ context }: OnlineRequest, { llm, quality, satisfied }: OnlineFeedback): void {
    const observed = quality ?? (satisfied === undefined ? undefined : Number(satisfied))
    if (observed !== undefined) this.observe(this.#clusterOf.row(context)[0]!, llm, observed)
  }

  priceChanged(llm: number, factor: number): void {
    this.#prices.changed(llm, factor)
  }

  llmAdded(llm: number, price: TokenPrice | undefined): void {
    this.#prices.added(llm, price)
  }

  llmRemoved(): void {}
}
