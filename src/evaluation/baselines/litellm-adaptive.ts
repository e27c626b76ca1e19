import type { RandomSource } from '../../routing/numeric/random-source.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { nextBeta } from '../online/beta-draw.ts'
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
import { requestTypeOf, requestTypes } from './request-type.ts'

/** Once α + β would pass it, an observation is dropped: the cell is frozen. */
const largestMass = 200

/** Mass and mean of a cell nothing is known of: the middle quality tier. */
const coldMass = 10
const coldMean = 0.5

/** What an offline evaluation may count for. */
const largestEvaluationMass = 50

/** w_q; the cost weighs 1 − w_q. The product's default is .7. */
const qualityWeights: readonly number[] = [0.7, 0.99, 0.97, 0.95, 0.9, 0.85, 0.8, 0.6, 0.5, 0.35, 0.2, 0.1]

/**
 * LiteLLM's adaptive router, re-implemented from its documentation: no context but one of seven request types; per type and
 * LLM a Beta(α, β) that freezes at α + β = 200; the LLM with the highest w_q·draw + w_c·(1 − (c − c_min)/(c_max − c_min)), c its
 * price per 1,000 tokens, w_q + w_c = 1.
 *
 * Guesses: the words of the classifier ({@link requestTypeOf}); a graded outcome counts q as success and 1 − q as failure,
 * where the product counts whole signals found in conversations; every answer counts, where it waits for several turns;
 * c is {@link UnitPrices}. The prior is its offline evaluation, at most 50 observations; a newcomer starts from the middle
 * tier. w_q is tuned to the goal, which it otherwise does not know; it has no budgets.
 */
export const liteLlmAdaptiveOnline: OnlinePolicyKind = {
  name: 'litellm-adaptive',
  fit: async (knowledge) => fitLiteLlmAdaptive(knowledge),
}

export function fitLiteLlmAdaptive(knowledge: OfflineKnowledge): FittedOnlinePolicy {
  const priors = new WeakMap<OfflineKnowledge, BetaCells>()
  const typeOf = memoisedTypes()
  const start = (part: OfflineKnowledge, qualityWeight: number) => {
    const prior = priors.get(part) ?? evaluatedCells(part)
    priors.set(part, prior)
    return new LiteLlmAdaptive(prior.clone(), new UnitPrices(part), qualityWeight, typeOf)
  }
  const tuning = new OnlineTuning(knowledge, qualityWeights, start)
  return { start: (goal) => start(knowledge, tuning.settingFor(goal)) }
}

/** The same prompts come by in every order. */
function memoisedTypes(): (text: string) => number {
  const types = new Map<string, number>()
  return (text) => {
    const type = types.get(text) ?? requestTypeOf(text)
    types.set(text, type)
    return type
  }
}

/** α and β per type and LLM. */
export class BetaCells {
  readonly #llms: number
  readonly #successes: Float64Array
  readonly #failures: Float64Array

  constructor(llms: number) {
    this.#llms = llms
    this.#successes = new Float64Array(requestTypes.length * llms).fill(coldMean * coldMass)
    this.#failures = new Float64Array(requestTypes.length * llms).fill((1 - coldMean) * coldMass)
  }

  clone(): BetaCells {
    const copy = new BetaCells(this.#llms)
    copy.#successes.set(this.#successes)
    copy.#failures.set(this.#failures)
    return copy
  }

  /** Adds an observation unless the cell would grow beyond `limit`. @param quality [0, 1]. */
  observe(type: number, llm: number, quality: number, limit: number): void {
    const cell = type * this.#llms + llm
    if (this.#successes[cell]! + this.#failures[cell]! + 1 > limit) return
    this.#successes[cell]! += quality
    this.#failures[cell]! += 1 - quality
  }

  /** Adds outcomes of an evaluation; beyond `limit` the cell keeps its mean and is scaled to it. */
  addEvaluation(type: number, llm: number, successes: number, failures: number, limit: number): void {
    const cell = type * this.#llms + llm
    const a = this.#successes[cell]! + successes
    const b = this.#failures[cell]! + failures
    const scale = Math.min(1, limit / (a + b))
    this.#successes[cell] = a * scale
    this.#failures[cell] = b * scale
  }

  /** [α, β]. */
  of(type: number, llm: number): readonly [number, number] {
    const cell = type * this.#llms + llm
    return [this.#successes[cell]!, this.#failures[cell]!]
  }
}

function evaluatedCells({ rows, texts }: OfflineKnowledge): BetaCells {
  const width = rows.llms.length
  const cells = new BetaCells(width)
  const successes = new Float64Array(requestTypes.length * width)
  const counts = new Float64Array(requestTypes.length * width)
  texts.forEach((text, row) => {
    const type = requestTypeOf(text)
    for (let llm = 0; llm < width; llm++) {
      const quality = rows.quality[row * width + llm]!
      if (Number.isNaN(quality)) continue
      successes[type * width + llm]! += quality
      counts[type * width + llm]!++
    }
  })
  for (let cell = 0; cell < counts.length; cell++) {
    const won = successes[cell]!
    const llm = cell % width
    cells.addEvaluation((cell - llm) / width, llm, won, counts[cell]! - won, largestEvaluationMass)
  }
  return cells
}

export class LiteLlmAdaptive implements OnlinePolicy {
  readonly #cells: BetaCells
  readonly #prices: UnitPrices
  readonly #qualityWeight: number
  readonly #typeOf: (text: string) => number

  /** @param cells kept and learned into. @param prices kept and changed. */
  constructor(
    cells: BetaCells,
    prices: UnitPrices,
    qualityWeight: number,
    typeOf: (text: string) => number = requestTypeOf,
  ) {
    this.#typeOf = typeOf
    this.#cells = cells
    this.#prices = prices
    this.#qualityWeight = qualityWeight
  }

  choose(request: OnlineRequest, random: RandomSource): number {
    const type = this.#typeOf(request.text ?? '')
    const { candidates } = request
    let lowest = Number.POSITIVE_INFINITY
    let highest = Number.NEGATIVE_INFINITY
    for (const llm of candidates) {
      lowest = Math.min(lowest, this.#prices.of(llm))
      highest = Math.max(highest, this.#prices.of(llm))
    }
    let best = candidates[0]!
    let bestScore = Number.NEGATIVE_INFINITY
    for (const llm of candidates) {
      const [a, b] = this.#cells.of(type, llm)
      const cheapness = highest > lowest ? 1 - (this.#prices.of(llm) - lowest) / (highest - lowest) : 0.5
      const score = this.#qualityWeight * nextBeta(a, b, random) + (1 - this.#qualityWeight) * cheapness
      if (score <= bestScore) continue
      best = llm
      bestScore = score
    }
    return best
  }

  learn(request: OnlineRequest, { llm, quality, satisfied }: OnlineFeedback): void {
    const observed = quality ?? (satisfied === undefined ? undefined : Number(satisfied))
    if (observed !== undefined) this.#cells.observe(this.#typeOf(request.text ?? ''), llm, observed, largestMass)
  }

  priceChanged(llm: number, factor: number): void {
    this.#prices.changed(llm, factor)
  }

  llmAdded(llm: number, price: TokenPrice | undefined): void {
    this.#prices.added(llm, price)
  }

  llmRemoved(): void {}
}
