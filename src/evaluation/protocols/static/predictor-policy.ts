import { fixedLlmPoints, sweepCostWeights } from '../../../routing/decision/cost-quality-hull.ts'
import type { QualityPredictor } from '../../../routing/prediction/quality-predictor.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { FittedStaticPolicy, StaticPolicy, StaticPrompts, StaticTraining } from './static-policy.ts'
import { sweepChoices } from './sweep-choices.ts'

/**
 * A quality predictor as a router: argmax q̂ − μ·ĉ/c_max over the cost weights μ of mathematics §8, with the cost predictor
 * that all policies share. c_max is that of the training prompts; it only places the μ.
 */
export function predictorPolicy(
  name: PolicyName,
  fitPredictor: (training: StaticTraining) => QualityPredictor | Promise<QualityPredictor>,
): StaticPolicy {
  return {
    name,
    async fit(training): Promise<FittedStaticPolicy> {
      const predictor = await fitPredictor(training)
      const maxCostUsd = dearestMeanCost(training.rows)
      return { choose: (prompts) => choose(predictor, prompts, maxCostUsd) }
    },
  }
}

/** Mean cost of the dearest LLM over the rows where its quality and cost are known, USD. */
export function dearestMeanCost(rows: TrainingRows): number {
  return Math.max(...fixedLlmPoints(rows.quality, rows.costUsd, rows.llms.length).map((point) => point.costUsd))
}

function choose(predictor: QualityPredictor, prompts: StaticPrompts, maxCostUsd: number) {
  const llmCount = predictor.llms.length
  const predictedQuality = new Float64Array(prompts.contexts.length * llmCount)
  prompts.contexts.forEach((context, row) => {
    predictor.predict(context, predictedQuality.subarray(row * llmCount, (row + 1) * llmCount))
  })
  const { predictedCostUsd } = prompts
  const costWeights = sweepCostWeights().map((weight) => weight / maxCostUsd)
  return sweepChoices({ llmCount, predictedQuality, predictedCostUsd }, costWeights)
}
