import { ratesFor, type TokenPrice } from '../registry/token-price.ts'

/**
 * Output tokens that a bill leaves after the prompt, ≥ 0.
 *
 * @param inputPrice @param outputPrice USD per million tokens. NaN without a bill, a price, or a price above 0 for the output.
 */
export function lengthBehindBill(
  billUsd: number,
  inputTokens: number,
  inputPrice: number,
  outputPrice: number,
): number {
  if (!(outputPrice > 0)) return Number.NaN
  return Math.max(0, (1e6 * billUsd - inputTokens * inputPrice) / outputPrice)
}

/** Mean of {@link lengthBehindBill} over the known bills; undefined where it cannot be told. */
export function meanLengthBehindBills(
  price: TokenPrice,
  inputTokens: readonly number[],
  costUsd: Float64Array,
): { readonly tokens: number; readonly answers: number } | undefined {
  let sum = 0
  let answers = 0
  costUsd.forEach((billUsd, i) => {
    const { inputPerMillionTokensUsd, outputPerMillionTokensUsd } = ratesFor(price, inputTokens[i]!)
    const tokens = lengthBehindBill(billUsd, inputTokens[i]!, inputPerMillionTokensUsd, outputPerMillionTokensUsd)
    if (Number.isNaN(tokens)) return
    sum += tokens
    answers++
  })
  return answers > 0 ? { tokens: sum / answers, answers } : undefined
}
