import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import { type PairPrompts, strongLlm, weakLlm } from './pair-policy.ts'

/** q̂_strong − q̂_weak of each prompt. @param predictor fitted on the protocol's two columns. */
export function predictedGains(predictor: QualityPredictor, prompts: PairPrompts): Float64Array {
  const quality = new Float64Array(predictor.llms.length)
  return Float64Array.from(prompts.contexts, (context) => {
    predictor.predict(context, quality)
    return quality[strongLlm]! - quality[weakLlm]!
  })
}
