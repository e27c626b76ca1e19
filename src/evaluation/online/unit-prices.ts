import { priorOutputTokens } from '../../routing/prediction/bill-corrections.ts'
import { estimatedPromptTokens } from '../../routing/prediction/prompt-tokens.ts'
import { summariseColumns, type TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { OfflineKnowledge } from './online-policy.ts'

/**
 * One price per LLM, as the bandits without a cost model of their own use it: USD per 1,000 tokens, the mean of the
 * prices for input and output. Their descriptions say "blended" and leave the mixture open; the even one is our reading.
 * Where no price is listed, all bills offline over all tokens of those calls stand in for it: tokens as recorded, else
 * the prompt's by its length and {@link priorOutputTokens} for the answer.
 */
export class UnitPrices {
  readonly #prices: Float64Array

  constructor(knowledge: OfflineKnowledge) {
    const { rows, prices } = knowledge
    this.#prices = Float64Array.from(prices, (price, llm) => blendedPrice(price) ?? billedPrice(rows, llm))
  }

  /** USD per 1,000 tokens; an unknown price counts as the dearest known: never cheap by ignorance. */
  of(llm: number): number {
    const price = this.#prices[llm]!
    return Number.isNaN(price) ? this.#dearest() : price
  }

  changed(llm: number, factor: number): void {
    this.#prices[llm]! *= factor
  }

  added(llm: number, price: TokenPrice | undefined): void {
    this.#prices[llm] = blendedPrice(price) ?? Number.NaN
  }

  #dearest(): number {
    const known = this.#prices.filter((price) => !Number.isNaN(price))
    return known.length === 0 ? 1 : Math.max(...known)
  }
}

function blendedPrice(price: TokenPrice | undefined): number | undefined {
  if (price === undefined) return undefined
  return (price.inputPerMillionTokensUsd + price.outputPerMillionTokensUsd) / 2 / 1000
}

/** USD per 1,000 tokens by the bills; NaN where none is known. */
function billedPrice({ llms, contexts, costUsd, inputTokens, outputTokens }: TrainingRows, llm: number): number {
  let billedUsd = 0
  let tokens = 0
  contexts.forEach((context, row) => {
    const cell = row * llms.length + llm
    if (Number.isNaN(costUsd[cell]!)) return
    const read = inputTokens[cell]!
    const written = outputTokens[cell]!
    billedUsd += costUsd[cell]!
    tokens += Number.isNaN(read) ? estimatedPromptTokens(context) : read
    tokens += Number.isNaN(written) ? priorOutputTokens : written
  })
  return tokens > 0 ? (1000 * billedUsd) / tokens : Number.NaN
}

/** Mean known quality and bill of each LLM offline; NaN where none is known. */
export function offlineMeans(rows: TrainingRows): { readonly quality: Float64Array; readonly costUsd: Float64Array } {
  const width = rows.llms.length
  const known = (cells: Float64Array) => {
    const { means, counts } = summariseColumns(cells, width)
    return means.map((mean, llm) => (counts[llm]! > 0 ? mean : Number.NaN))
  }
  return { quality: known(rows.quality), costUsd: known(rows.costUsd) }
}
