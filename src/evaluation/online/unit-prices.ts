import { summariseColumns, type TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import type { OfflineKnowledge } from './online-policy.ts'

/**
 * One price per LLM, as the bandits without a cost model of their own use it: USD per 1,000 tokens, the mean of the
 * prices for input and output. Their descriptions say "blended" and leave the mixture open; the even one is our reading.
 * Where no price is listed, the mean bill offline stands in for it, a call taken for 1,000 tokens.
 */
export class UnitPrices {
  readonly #prices: Float64Array

  constructor(knowledge: OfflineKnowledge) {
    const { means, counts } = summariseColumns(knowledge.rows.costUsd, knowledge.rows.llms.length)
    const fallback = (llm: number) => (counts[llm]! > 0 ? means[llm]! : Number.NaN)
    this.#prices = Float64Array.from(knowledge.prices, (price, llm) => blendedPrice(price) ?? fallback(llm))
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

/** Mean known quality and bill of each LLM offline; NaN where none is known. */
export function offlineMeans(rows: TrainingRows): { readonly quality: Float64Array; readonly costUsd: Float64Array } {
  const width = rows.llms.length
  const known = (cells: Float64Array) => {
    const { means, counts } = summariseColumns(cells, width)
    return means.map((mean, llm) => (counts[llm]! > 0 ? mean : Number.NaN))
  }
  return { quality: known(rows.quality), costUsd: known(rows.costUsd) }
}
