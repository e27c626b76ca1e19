import type { Llm } from '../registry/llm.ts'
import type { TokenPrice } from '../registry/token-price.ts'

const lowestQuality = 0.4
const highestQuality = 0.9
/** q̂₀ of an LLM at one USD per million output tokens. */
export const qualityAtOneUsd = 0.7
const qualityPerDecade = 0.1

/**
 * q̂₀ of the cold start (mathematics §5): the owner's own figure, else .7 + .1·log₁₀(output price in USD per million
 * tokens), held to [.4, .9]. Price is a weak guide to quality, so the learner gives it a
 * wide variance.
 *
 * @returns in [0, 1]; an unknown price gets the middle of the range.
 */
export function priceQualityPrior(llm: Llm): number {
  if (llm.quality !== undefined) return llm.quality
  if (llm.price === undefined) return (lowestQuality + highestQuality) / 2
  const price = Math.max(1e-6, llm.price.outputPerMillionTokensUsd)
  const quality = qualityAtOneUsd + qualityPerDecade * Math.log10(price)
  return Math.min(highestQuality, Math.max(lowestQuality, quality))
}

/** C_ref while no bill is known: the dearest list price of the pool for 500 tokens in and 300 out, USD. */
export function priceCostReferenceUsd(llms: readonly Pick<Llm, 'price'>[]): number {
  let dearest = 0
  for (const { price } of llms) {
    if (price === undefined) continue
    dearest = Math.max(dearest, typicalCallUsd(price))
  }
  // A pool without any price, or of free LLMs only: cost cannot decide, and any positive scale says so.
  return dearest > 0 ? dearest : 1
}

/** 500 tokens in and 300 out, USD. */
export function typicalCallUsd(price: TokenPrice): number {
  return (500 * price.inputPerMillionTokensUsd + 300 * price.outputPerMillionTokensUsd) / 1e6
}
