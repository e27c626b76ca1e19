import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { fixedLlmPoints } from '../../../routing/decision/cost-quality-hull.ts'
import { summariseColumns } from '../../../routing/prediction/training-rows.ts'
import { EvaluationError } from '../../evaluation-error.ts'

/** Indices of the two LLMs that are routed between. */
export interface LlmPair {
  readonly weak: number
  readonly strong: number
}

/**
 * Strong is the LLM of the higher mean quality, weak the other one; of more than two, weak is the one of the least mean
 * cost. Chosen on training prompts.
 *
 * @throws {EvaluationError} `unfit_data` when no LLM is better than the other, or the best one is the cheapest.
 */
export function choosePair(train: OutcomeData): LlmPair {
  const width = train.llms.length
  const { means } = summariseColumns(train.quality, width)
  const strong = means.indexOf(Math.max(...means))
  const weak = width === 2 ? 1 - strong : cheapest(train)
  const fail = (message: string): never => {
    throw new EvaluationError('unfit_data', `${train.name}: ${message}`)
  }
  if (weak === strong)
    fail(`the best LLM, ${train.llms[strong]!.id}, is also the cheapest: there is nothing to trade off`)
  if (!(means[strong]! > means[weak]!)) fail('the two LLMs are equally good: there is no gap to recover')
  return { weak, strong }
}

function cheapest({ quality, costUsd, llms }: OutcomeData): number {
  const points = fixedLlmPoints(quality, costUsd, llms.length)
  return points.reduce((best, point) => (point.costUsd < best.costUsd ? point : best)).llmIndex
}
