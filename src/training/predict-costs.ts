import type { CallSize } from '../routing/prediction/cost-predictor.ts'
import { estimatedPromptTokens } from '../routing/prediction/prompt-tokens.ts'
import type { TokenCostPredictor } from '../routing/prediction/token-cost-predictor.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { type Llm, unknownLlmProperties } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'

/**
 * Predicted bills for some rows of a data set, at its prices.
 *
 * @param out receives the estimates in those rows, row-major [rows × llms]; USD, NaN where not known.
 */
export function predictCosts(
  predictor: TokenCostPredictor,
  rows: TrainingRows,
  prices: readonly (TokenPrice | undefined)[],
  indices: readonly number[],
  out: Float64Array,
): void {
  const width = rows.llms.length
  const llms: Llm[] = rows.llms.map((id, index) => ({
    ...unknownLlmProperties,
    id,
    provider: '',
    upstreamModel: id,
    price: prices[index],
  }))
  const offlineCostUsd = new Float64Array(width)
  const costUsdP90 = new Float64Array(width)
  const outputTokens = new Float64Array(width)
  const outputTokensP90 = new Float64Array(width)
  const lengths = { outputTokens, outputTokensP90 }
  for (const row of indices) {
    const costUsd = out.subarray(row * width, (row + 1) * width)
    const estimates = { costUsd, offlineCostUsd, costUsdP90, ...lengths }
    predictor.predict(rows.contexts[row]!, callSize(rows, row), llms, estimates)
  }
}

/** The size of one prompt as a gateway would estimate it before the call: what was counted is only known after it. */
export function callSize({ contexts }: TrainingRows, row: number): CallSize {
  return { inputTokens: estimatedPromptTokens(contexts[row]!), maxOutputTokens: undefined, choices: 1 }
}
