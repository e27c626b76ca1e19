import { foldOrder } from '../../../outcomes/fold-order.ts'
import { type OutcomeData, selectRows } from '../../../outcomes/outcome-data.ts'
import { fitHashedNgramEmbedder } from '../../../routing/embedding/fit-hashed-ngram-embedder.ts'
import { TokenCostPredictor } from '../../../routing/prediction/token-cost-predictor.ts'
import { selectTrainingRows, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { fitContexts, trainingRows } from '../../../training/fit-contexts.ts'
import { callSize, predictCosts } from '../../../training/predict-costs.ts'
import { simulatedVerifier } from '../../baselines/simulated-verifier.ts'
import { type PreparedData, trainTestRows } from '../../evaluation-data.ts'
import type { StaticPrompts, StaticTraining } from './static-policy.ts'

/** What the test prompts turned out to be worth. Policies never see it. */
export interface TestOutcomes {
  readonly llmCount: number
  /** Row-major, test prompts × LLMs; NaN unknown. */
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  /** Task of each prompt; empty strings where the set names none. */
  readonly sources: readonly string[]
  /** Row of each prompt in the prepared data. */
  readonly rows: readonly number[]
}

/** One seed of the protocol: everything that its policies share. */
export interface StaticCase {
  readonly training: StaticTraining
  readonly prompts: StaticPrompts
  readonly test: TestOutcomes
}

const folds = 5

/** Divides the data, fits embedder and shared cost predictor on the training rows, and embeds and prices all prompts. */
export async function staticCase(prepared: PreparedData, seed: number): Promise<StaticCase> {
  const { train, test } = trainTestRows(prepared, seed)
  const trainData = selectRows(prepared.data, foldOrder(train, prepared.groups.groupOf, folds, seed))
  const testData = selectRows(prepared.data, test)
  const prices = trainData.llms.map((llm) => llm.price)
  const embedder = await fitHashedNgramEmbedder(textsOf(trainData), { seed })
  const rows = trainingRows(trainData, await fitContexts(embedder, trainData.prompts))
  const testRows = trainingRows(testData, await fitContexts(embedder, testData.prompts))
  const predictedCostUsd = new Float64Array(testRows.quality.length)
  const all = testData.prompts.map((_, row) => row)
  predictCosts(TokenCostPredictor.fit(rows, prices, folds), testRows, prices, all, predictedCostUsd)
  return {
    training: {
      rows,
      texts: textsOf(trainData),
      sources: sourcesOf(trainData),
      prices,
      embedder,
      seed,
      outOfFoldCostUsd: outOfFoldCosts(rows, prices),
      folds,
    },
    prompts: {
      contexts: testRows.contexts,
      texts: textsOf(testData),
      predictedCostUsd,
      inputTokens: Float64Array.from(all, (row) => callSize(testRows, row).inputTokens),
      verifierConfidence: simulatedVerifier(textsOf(testData), testData.quality, testData.llms.length),
    },
    test: {
      llmCount: testData.llms.length,
      quality: testData.quality,
      costUsd: testData.costUsd,
      sources: sourcesOf(testData),
      rows: test,
    },
  }
}

function textsOf(data: OutcomeData): string[] {
  return data.prompts.map((prompt) => prompt.text)
}

function sourcesOf(data: OutcomeData): string[] {
  return data.prompts.map((prompt) => prompt.source)
}

function outOfFoldCosts(rows: TrainingRows, prices: StaticTraining['prices']): Float64Array {
  const costUsd = new Float64Array(rows.quality.length)
  const all = rows.contexts.map((_, row) => row)
  for (let fold = 0; fold < folds; fold++) {
    const others = selectTrainingRows(
      rows,
      all.filter((row) => row % folds !== fold),
    )
    const heldOut = all.filter((row) => row % folds === fold)
    predictCosts(TokenCostPredictor.fit(others, prices, folds - 1), rows, prices, heldOut, costUsd)
  }
  return costUsd
}
