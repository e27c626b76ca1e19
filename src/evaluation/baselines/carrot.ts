import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { NearestRows } from '../../routing/prediction/nearest-rows.ts'
import { RidgeMap } from '../../routing/prediction/ridge-map.ts'
import { stackEmbeddings, summariseColumns } from '../../routing/prediction/training-rows.ts'
import { dearestMeanCost } from '../protocols/static/predictor-policy.ts'
import type { FittedStaticPolicy, StaticPrompts, StaticTraining } from '../protocols/static/static-policy.ts'
import { sweepChoices } from '../protocols/static/sweep-choices.ts'
import { tunedPolicy } from './tuned-policy.ts'

export type CarrotSetting =
  | { readonly family: 'knn'; readonly neighbours: number }
  | { readonly family: 'linear'; readonly penalty: number }

/** Predictions for many prompts, row-major prompts × LLMs. */
type Regressor = (contexts: StaticPrompts['contexts'], cells: Float64Array) => Float64Array

const candidates: readonly CarrotSetting[] = [
  ...[10, 20, 40, 80, 160].map((neighbours) => ({ family: 'knn' as const, neighbours })),
  ...[3, 10, 30, 100, 300].map((penalty) => ({ family: 'linear' as const, penalty })),
]

/**
 * CARROT (arXiv:2502.03261), re-implemented from its description: the plug-in rule argmax (1 − μ)·q̂ − μ·ĉ with its own regressors of
 * accuracy and of cost, both of one family: the mean over the k nearest prompts by cosine, or linear. Knob: μ.
 *
 * Deviations: the family and its one hyper-parameter are tuned, where its authors report kNN and a fine-tuned encoder apart; the linear
 * family stands in for the encoder; cost is regressed in USD as recorded, not by token counts; μ takes the values at which
 * μ·c_max/(1 − μ) are the bench's cost weights.
 */
export const carrot = tunedPolicy<CarrotSetting>({ name: 'carrot', candidates: () => candidates, fit: fitCarrot })

export function fitCarrot(training: StaticTraining): (setting: CarrotSetting) => FittedStaticPolicy {
  const { rows } = training
  const llmCount = rows.llms.length
  const costWeights = sweepCostWeights().map((weight) => weight / dearestMeanCost(rows))
  return (setting) => {
    const regress =
      setting.family === 'knn' ? nearestMeans(training, setting.neighbours) : linearMaps(training, setting.penalty)
    return {
      choose: ({ contexts }) =>
        sweepChoices(
          {
            llmCount,
            predictedQuality: regress(contexts, rows.quality),
            predictedCostUsd: regress(contexts, rows.costUsd),
          },
          costWeights,
        ),
    }
  }
}

function linearMaps({ rows }: StaticTraining, penalty: number): Regressor {
  const width = rows.llms.length
  return (contexts, cells) => {
    const map = RidgeMap.fit(rows.contexts, cells, width, penalty)
    const out = new Float64Array(contexts.length * width)
    contexts.forEach((context, row) => {
      map.predict(context, out.subarray(row * width, (row + 1) * width))
    })
    return out
  }
}

function nearestMeans({ rows }: StaticTraining, neighbours: number): Regressor {
  const width = rows.llms.length
  const embeddings = stackEmbeddings(rows.contexts)
  const search = new NearestRows(embeddings, embeddings.length / rows.contexts.length, neighbours)
  return (contexts, cells) => {
    const { means } = summariseColumns(cells, width)
    const out = new Float64Array(contexts.length * width)
    contexts.forEach((context, row) => {
      search.search(context.embedding)
      for (let llm = 0; llm < width; llm++) {
        let sum = 0
        let known = 0
        for (let i = 0; i < search.count; i++) {
          const value = cells[search.found[i]! * width + llm]!
          if (Number.isNaN(value)) continue
          sum += value
          known++
        }
        out[row * width + llm] = known > 0 ? sum / known : means[llm]!
      }
    })
    return out
  }
}
