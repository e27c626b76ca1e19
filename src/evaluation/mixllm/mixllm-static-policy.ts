import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import { summariseColumns } from '../../routing/prediction/training-rows.ts'
import type { StaticChoices, StaticPolicy, StaticPrompts } from '../protocols/static/static-policy.ts'
import { fitMixLlm } from './fit-mixllm.ts'
import type { FittedMixLlm } from './fitted-mixllm.ts'

/** λ from 10⁻⁶ to 10⁶ in equal ratios, as the paper sweeps it. */
const settings = 121
const widestExponent = 6

/**
 * MixLLM's meta decision maker without a stream (arXiv:2502.18482, Eq. 8): argmax λ/(1+λ)·p̂ − 1/(1+λ)·ĉ/C_ref for λ from
 * 10⁻⁶ to 10⁶, with its own predicted cost (Eq. 5). C_ref is the mean training cost of the dearest LLM.
 *
 * Deviations: the exact form of Eq. 8 and its cost scale are not at hand, this is the one under which constant weights of
 * the other terms make sense; s_unc is left out, as after offline training on all cells every A_l is the same and cannot
 * change the argmax; s_pen is left out, as nothing waits. Those of the embedding, the tags and the predictors are named at
 * MixLlmEmbedding, TagEnhancedProjection, trainingTags, fitTagDomains, AmountModel and LlmPredictors. Forests have 100 trees.
 */
export const mixLlmStaticPolicy: StaticPolicy = {
  name: 'mixllm',
  async fit(training) {
    const fitted = await fitMixLlm(training.rows, { ...training, tags: 'domains' })
    const costReference = costReferenceUsd(training.rows)
    return { choose: (prompts) => mixLlmChoices(fitted, costReference, prompts) }
  },
}

/**
 * The choices of an offline-fitted MixLLM over the λ sweep.
 *
 * @param costReference C_ref, USD > 0.
 */
export function mixLlmChoices(fitted: FittedMixLlm, costReference: number, prompts: StaticPrompts): StaticChoices {
  const width = fitted.llms.length
  const count = prompts.contexts.length
  const quality = mixLlmQuality(fitted, prompts.contexts)
  const costUsd = mixLlmCosts(fitted, prompts)
  const answeredBy = new Uint16Array(settings * count)
  for (let setting = 0; setting < settings; setting++) {
    const lambda = 10 ** (widestExponent * ((2 * setting) / (settings - 1) - 1))
    const qualityWeight = lambda / (1 + lambda)
    const costWeight = 1 / (1 + lambda) / costReference
    for (let row = 0; row < count; row++) {
      const cell = bestCell(quality, costUsd, row * width, width, qualityWeight, costWeight)
      answeredBy[setting * count + row] = cell - row * width
    }
  }
  return { settings, answeredBy }
}

/** p̂ of each prompt and LLM, row-major [contexts × llms]: what the `pair` protocol takes the difference of. */
export function mixLlmQuality(fitted: FittedMixLlm, contexts: TrainingRows['contexts']): Float64Array {
  const width = fitted.llms.length
  const quality = new Float64Array(contexts.length * width)
  const embedding = new Float64Array(fitted.dimension)
  contexts.forEach((context, row) => {
    fitted.embed(context, embedding)
    fitted.predictQuality(embedding, quality.subarray(row * width, (row + 1) * width))
  })
  return quality
}

/** Eq. 5, row-major [prompts × llms], USD. */
function mixLlmCosts(fitted: FittedMixLlm, prompts: StaticPrompts): Float64Array {
  const width = fitted.llms.length
  const costUsd = new Float64Array(prompts.contexts.length * width)
  const embedding = new Float64Array(fitted.dimension)
  prompts.contexts.forEach((context, row) => {
    fitted.embed(context, embedding)
    const out = costUsd.subarray(row * width, (row + 1) * width)
    fitted.predictCostUsd(embedding, prompts.inputTokens[row]!, out)
  })
  return costUsd
}

/** Mean known cost of the dearest LLM, USD; 1 when no bill above 0 is known, and costs then count for nothing. */
export function costReferenceUsd(rows: TrainingRows): number {
  const { means, counts } = summariseColumns(rows.costUsd, rows.llms.length)
  const dearest = means.reduce((most, mean, llm) => (counts[llm]! > 0 ? Math.max(most, mean) : most), 0)
  return dearest > 0 ? dearest : 1
}

/** Ties go to the LLM that is predicted cheaper. */
function bestCell(
  quality: Float64Array,
  costUsd: Float64Array,
  start: number,
  width: number,
  qualityWeight: number,
  costWeight: number,
): number {
  let best = start
  let bestUtility = Number.NEGATIVE_INFINITY
  for (let cell = start; cell < start + width; cell++) {
    const utility = qualityWeight * quality[cell]! - costWeight * costUsd[cell]!
    if (utility > bestUtility || (utility === bestUtility && costUsd[cell]! < costUsd[best]!)) {
      best = cell
      bestUtility = utility
    }
  }
  return best
}
