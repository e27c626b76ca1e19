import { type CostQualityPoint, costQualityHull, fixedLlmPoints } from '../../routing/decision/cost-quality-hull.ts'

/**
 * ZeroRouter (RouterBench, arXiv:2403.12031; UniRoute's baseline): a mixture of the two LLMs around the budget on the
 * non-decreasing upper hull of (mean cost, mean quality) on the labelled prompts, whatever the prompt.
 *
 * @param labelled row-major [prompts × llmCount] matrices of the prompts that choose the hull. @param test of those it is tried on.
 * @returns what the hull's LLMs cost and yield on the test prompts, by the hull's order; mixtures lie between neighbours.
 *   Not a hull in general: the order was chosen elsewhere.
 */
export function zeroRouterPoints(
  labelled: { readonly quality: Float64Array; readonly costUsd: Float64Array },
  test: { readonly quality: Float64Array; readonly costUsd: Float64Array },
  llmCount: number,
): CostQualityPoint[] {
  const hull = costQualityHull(fixedLlmPoints(labelled.quality, labelled.costUsd, llmCount))
  const realised = new Map(
    fixedLlmPoints(test.quality, test.costUsd, llmCount).map(({ llmIndex, ...point }) => [llmIndex, point]),
  )
  return hull.flatMap(({ llmIndex }) => realised.get(llmIndex) ?? [])
}
