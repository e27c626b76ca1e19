import { ForestQualityPredictor } from '../../routing/prediction/forest-quality-predictor.ts'
import type { FittedStaticPolicy, StaticPrompts, StaticTraining } from '../protocols/static/static-policy.ts'
import { budgetedAssignments } from './budgeted-assignment.ts'
import { tunedPolicy } from './tuned-policy.ts'

export interface OptLlmSetting {
  /** Fewest prompts in a leaf of the ensemble's trees. */
  readonly leaf: number
  /** Standard deviations over the ensemble by which a prediction is lowered. */
  readonly caution: number
}

/** Positions on the front. */
const settings = 121
const trees = 50
/** Grown while settings are compared. */
const trialTrees = 25

const candidates: readonly OptLlmSetting[] = [5, 15].flatMap((leaf) =>
  [0, 0.25, 0.5, 1, 2].map((caution) => ({ leaf, caution })),
)

/**
 * OptLLM (Liu et al. 2024, arXiv:2405.15130) in style, re-implemented from its description: accuracy from a bagged ensemble, lowered by its
 * disagreement so that uncertain gains are not bought, then a multi-objective assignment of the whole batch between its
 * two extreme solutions, cheapest and most accurate. Knob: the position on that front.
 *
 * Deviations: the ensemble is a random forest on the bench's context vectors; the robust adjustment is q̂ − κ·σ, κ tuned;
 * the front is not searched by destroying and rebuilding solutions: moves taken greedily by gain per USD from either
 * extreme meet on {@link budgetedAssignments}, which is that front without the search's gaps. Costs are those of the shared predictor.
 */
export const optllm = tunedPolicy<OptLlmSetting>({ name: 'optllm', candidates: () => candidates, fit: fitOptLlm })

export function fitOptLlm(
  { rows, seed }: StaticTraining,
  isTrial: boolean,
): (setting: OptLlmSetting) => FittedStaticPolicy {
  const known = new Map<number, ForestQualityPredictor>()
  return ({ leaf, caution }) => {
    const ensemble =
      known.get(leaf) ?? ForestQualityPredictor.fit(rows, { seed, trees: isTrial ? trialTrees : trees, leaf })
    known.set(leaf, ensemble)
    return {
      choose: (prompts) =>
        budgetedAssignments(
          robustQuality(ensemble, prompts, caution),
          prompts.predictedCostUsd,
          rows.llms.length,
          settings,
        ),
    }
  }
}

function robustQuality(ensemble: ForestQualityPredictor, { contexts }: StaticPrompts, caution: number): Float64Array {
  const width = ensemble.llms.length
  const robust = new Float64Array(contexts.length * width)
  const spread = new Float64Array(width)
  contexts.forEach((context, row) => {
    const quality = robust.subarray(row * width, (row + 1) * width)
    ensemble.predict(context, quality, spread)
    for (let llm = 0; llm < width; llm++) quality[llm]! -= caution * spread[llm]!
  })
  return robust
}
