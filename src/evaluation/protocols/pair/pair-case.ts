import { foldOrder } from '../../../outcomes/fold-order.ts'
import { type OutcomeData, selectLlms, selectRows } from '../../../outcomes/outcome-data.ts'
import { fitHashedNgramEmbedder } from '../../../routing/embedding/fit-hashed-ngram-embedder.ts'
import { fitContexts, trainingRows } from '../../../training/fit-contexts.ts'
import { callSize } from '../../../training/predict-costs.ts'
import { type PreparedData, trainTestRows } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import { choosePair } from './choose-pair.ts'
import { type PairPrompts, type PairTraining, strongLlm, weakLlm } from './pair-policy.ts'
import { sourceFamilies } from './source-families.ts'

/** What the test prompts turned out to be worth. Policies never see it. */
export interface PairOutcomes {
  readonly weak: Float64Array
  readonly strong: Float64Array
  /** Benchmark of each prompt, as `sourceFamilies` has it; empty strings where the set names none. */
  readonly sources: readonly string[]
  /** The finer source that the set names. */
  readonly tasks: readonly string[]
  /** Bootstrap weights of each replicate, shape [test prompts]. */
  readonly weights: readonly Uint8Array[]
}

/** One seed of the protocol: everything that its policies share. */
export interface PairCase {
  readonly training: PairTraining
  readonly prompts: PairPrompts
  readonly test: PairOutcomes
}

const folds = 5

/** Chooses the pair on the training prompts, fits the embedder on them and embeds all prompts. */
export async function pairCase(prepared: PreparedData, seed: number): Promise<PairCase> {
  const split = trainTestRows(prepared, seed)
  const { groups } = prepared
  const candidates = selectRows(prepared.data, foldOrder(split.train, groups.groupOf, folds, seed))
  const pair = choosePair(candidates)
  const columns = [pair.weak, pair.strong]
  const data = selectLlms(candidates, columns)
  const both = split.test.filter((row) => columns.every((llm) => isKnown(prepared.data, row, llm)))
  if (both.length === 0) {
    throw new EvaluationError('unfit_data', `${data.name}: no test prompt has the quality of both LLMs`)
  }
  const test = selectLlms(selectRows(prepared.data, both), columns)
  const texts = data.prompts.map((prompt) => prompt.text)
  const embedder = await fitHashedNgramEmbedder(texts, { seed })
  const rows = trainingRows(data, await fitContexts(embedder, data.prompts))
  const testRows = trainingRows(test, await fitContexts(embedder, test.prompts))
  return {
    training: { data, rows, embedder, seed, folds },
    prompts: {
      contexts: testRows.contexts,
      texts: test.prompts.map((prompt) => prompt.text),
      inputTokens: Float64Array.from(test.prompts, (_, row) => callSize(testRows, row).inputTokens),
    },
    test: {
      weak: columnOf(test, weakLlm),
      strong: columnOf(test, strongLlm),
      tasks: test.prompts.map((prompt) => prompt.source),
      sources: sourceFamilies(test.prompts.map((prompt) => prompt.source)),
      weights: Array.from({ length: bootstrapReplicates }, (_, replicate) => {
        const all = bootstrapWeights(groups.groupOf, groups.count, replicate)
        return Uint8Array.from(both, (row) => all[row]!)
      }),
    },
  }
}

function isKnown({ quality, llms }: OutcomeData, row: number, llm: number): boolean {
  return !Number.isNaN(quality[row * llms.length + llm]!)
}

function columnOf({ quality, llms, prompts }: OutcomeData, llm: number): Float64Array {
  return Float64Array.from(prompts, (_, row) => quality[row * llms.length + llm]!)
}
