import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { callSize } from '../../training/predict-costs.ts'
import type { FittedOnlinePolicy, OnlineGoal, OnlinePolicy, OnlinePolicyKind } from '../online/online-policy.ts'
import { fitMixLlm } from './fit-mixllm.ts'
import { MetaDecisionMaker, type MetaDecisionOptions, type OfflineMixLlm } from './meta-decision-maker.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'
import { offlineMixLlm } from './offline-mixllm.ts'

/** The range of λ in the paper's sweep. */
const smallestLambda = 1e-6
const greatestLambda = 1e6
const bisections = 24
/** Offline queries that the budget's λ is chosen on, at most about twice as many. */
const bisectedPrompts = 300

/** Fits the offline part on rows of the LLMs that are there from the start. */
export type FitMixLlmEstimates = (
  rows: TrainingRows,
  options: {
    readonly texts: readonly string[]
    /** Of `rows.llms`. */
    readonly prices: readonly (TokenPrice | undefined)[]
    readonly seed: number
  },
) => Promise<MixLlmEstimates>

/** How it learns in a stream and what is switched off; see {@link MetaDecisionOptions}. */
export type MixLlmStreamOptions = Partial<Omit<MetaDecisionOptions, 'lambda' | 'costReferenceUsd' | 'seed'>>

/** MixLLM as an online policy. LLMs that join later have no estimates; see {@link MetaDecisionMaker}. */
export function mixLlmOnlineKind(
  fitEstimates: FitMixLlmEstimates,
  options: MixLlmStreamOptions = {},
): OnlinePolicyKind {
  return {
    name: 'mixllm',
    async fit({ rows, texts, prices, newcomers, seed }) {
      const present = rows.llms.flatMap((_, llm) => (newcomers.includes(llm) ? [] : [llm]))
      const known = selectColumns(rows, present)
      const estimates = await fitEstimates(known, { texts, prices: present.map((llm) => prices[llm]), seed })
      return new FittedMixLlmOnline(offlineMixLlm(estimates, known, rows.llms), known, seed, options)
    },
  }
}

/** MixLLM as the paper has it, with refined feedback. No task names: a stream's caller gives none. */
export const mixLlmOnline: OnlinePolicyKind = mixLlmOnlineKind((rows, options) =>
  fitMixLlm(rows, { ...options, sources: options.texts.map(() => ''), tags: 'domains' }),
)

function selectColumns(rows: TrainingRows, columns: readonly number[]): TrainingRows {
  if (columns.length === rows.llms.length) return rows
  const pick = (cells: Float64Array): Float64Array => {
    const width = rows.llms.length
    const picked = new Float64Array(rows.contexts.length * columns.length)
    for (let row = 0; row < rows.contexts.length; row++) {
      columns.forEach((column, i) => {
        picked[row * columns.length + i] = cells[row * width + column]!
      })
    }
    return picked
  }
  return {
    llms: columns.map((column) => rows.llms[column]!),
    contexts: rows.contexts,
    quality: pick(rows.quality),
    costUsd: pick(rows.costUsd),
    inputTokens: pick(rows.inputTokens),
    outputTokens: pick(rows.outputTokens),
  }
}

class FittedMixLlmOnline implements FittedOnlinePolicy {
  readonly #offline: OfflineMixLlm
  readonly #rows: TrainingRows
  readonly #seed: number
  readonly #options: MixLlmStreamOptions
  /** λ by budget and C_ref: many streams start under the same one. */
  readonly #lambdas = new Map<string, number>()

  constructor(offline: OfflineMixLlm, rows: TrainingRows, seed: number, options: MixLlmStreamOptions) {
    this.#offline = offline
    this.#rows = rows
    this.#seed = seed
    this.#options = options
  }

  /**
   * Deviation: the paper knows no budget. Under one, λ is the constant whose predicted mean cost of the offline queries
   * is the budget; nothing paces it afterwards.
   */
  start({ lambda, budgetUsd, costReferenceUsd }: OnlineGoal): OnlinePolicy {
    const options = { feedback: 'refined', ...this.#options, costReferenceUsd, seed: this.#seed } as const
    const willingness = lambda ?? this.#knownLambdaFor(budgetUsd ?? Number.POSITIVE_INFINITY, options)
    return new MetaDecisionMaker(this.#offline, { ...options, lambda: willingness })
  }

  #knownLambdaFor(budgetUsd: number, options: Omit<MetaDecisionOptions, 'lambda'>): number {
    const key = `${budgetUsd} ${options.costReferenceUsd}`
    let lambda = this.#lambdas.get(key)
    if (lambda === undefined) {
      lambda = this.#lambdaFor(budgetUsd, options)
      this.#lambdas.set(key, lambda)
    }
    return lambda
  }

  #lambdaFor(budgetUsd: number, options: Omit<MetaDecisionOptions, 'lambda'>): number {
    let low = Math.log(smallestLambda)
    let high = Math.log(greatestLambda)
    for (let step = 0; step < bisections; step++) {
      const middle = (low + high) / 2
      if (this.#predictedCostUsd({ ...options, lambda: Math.exp(middle) }) <= budgetUsd) low = middle
      else high = middle
    }
    return Math.exp(low)
  }

  #predictedCostUsd(options: MetaDecisionOptions): number {
    const policy = new MetaDecisionMaker(this.#offline, options)
    const candidates = [...this.#offline.columns].flatMap((column, llm) => (column === -1 ? [] : [llm]))
    const { contexts } = this.#rows
    const stride = Math.max(1, Math.floor(contexts.length / bisectedPrompts))
    let sum = 0
    let count = 0
    for (let row = 0; row < contexts.length; row += stride) {
      const { inputTokens } = callSize(this.#rows, row)
      sum += policy.predictedCostUsd({ prompt: row, context: contexts[row]!, inputTokens, candidates })
      count++
    }
    return sum / count
  }
}
