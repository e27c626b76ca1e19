import type { StaticChoices } from './static-policy.ts'

/** What a sweep over cost weights chooses from; matrices are row-major, prompts × LLMs. */
export interface SweepInput {
  readonly llmCount: number
  /** q̂; not chosen where NaN. */
  readonly predictedQuality: Float64Array
  /** ĉ, USD; not chosen where NaN, unless all of the prompt's are. */
  readonly predictedCostUsd: Float64Array
}

/**
 * argmax q̂ − w·ĉ of every prompt at every weight; ties go to the LLM predicted cheaper, then to the earlier.
 *
 * @param costWeights w ≥ 0, quality per USD.
 */
export function sweepChoices(input: SweepInput, costWeights: ArrayLike<number>): StaticChoices {
  const prompts = input.predictedQuality.length / input.llmCount
  const answeredBy = new Uint16Array(costWeights.length * prompts)
  for (let setting = 0; setting < costWeights.length; setting++) {
    for (let prompt = 0; prompt < prompts; prompt++) {
      answeredBy[setting * prompts + prompt] = bestLlm(input, prompt, costWeights[setting]!)
    }
  }
  return { settings: costWeights.length, answeredBy }
}

function bestLlm({ llmCount, predictedQuality, predictedCostUsd }: SweepInput, prompt: number, weight: number): number {
  const start = prompt * llmCount
  let best = -1
  let bestUtility = Number.NEGATIVE_INFINITY
  let bestCost = Number.POSITIVE_INFINITY
  for (let llm = 0; llm < llmCount; llm++) {
    const cost = predictedCostUsd[start + llm]!
    const utility = predictedQuality[start + llm]! - weight * cost
    if (utility > bestUtility || (utility === bestUtility && cost < bestCost)) {
      best = llm
      bestUtility = utility
      bestCost = cost
    }
  }
  return best === -1 ? highest(predictedQuality.subarray(start, start + llmCount)) : best
}

/** Index of the largest entry that is a number; 0 where none is. */
function highest(values: Float64Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[best]! || Number.isNaN(values[best]!)) best = i
  }
  return best
}
