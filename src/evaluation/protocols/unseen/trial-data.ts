import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { selectLlms } from '../../../outcomes/outcome-data.ts'
import { fitHashedNgramEmbedder } from '../../../routing/embedding/fit-hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import { selectTrainingRows, summariseColumns, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../../routing/registry/token-price.ts'
import { fitContexts, trainingRows } from '../../../training/fit-contexts.ts'
import type { UnseenSplit } from './unseen-split.ts'

/** Everything one trial looks at. `pool` are the unseen LLMs, in one order throughout. */
export interface TrialData {
  readonly seed: number
  /** Test prompts × pool. */
  readonly test: TrainingRows
  /** Probes × pool; the first N are S_val of that size. */
  readonly probes: TrainingRows
  /** Training prompts × pool: for bounds and the static pool only. */
  readonly hiddenTrain: TrainingRows
  /** Training prompts × training LLMs. */
  readonly seenTrain: TrainingRows
  /** Probes × training LLMs. */
  readonly seenProbes: TrainingRows
  /** Base of each training LLM. */
  readonly seenBases: readonly string[]
  /** Task of each training and test prompt. */
  readonly sources: { readonly train: readonly string[]; readonly test: readonly string[] }
  /** Of the pool. */
  readonly prices: readonly (TokenPrice | undefined)[]
}

/** Prompts × pool with fewer rows, and what the rule takes each LLM to cost: its mean on them. */
export interface LabelledProbes {
  readonly rows: TrainingRows
  /** c(h), USD per call, shape [pool]. */
  readonly meanCostUsd: Float64Array
}

/** Fits the embedder on the texts of the training prompts alone and embeds all prompts of the trial. */
export async function readTrial(data: OutcomeData, split: UnseenSplit, seed: number): Promise<TrialData> {
  const texts = split.train.map((row) => data.prompts[row]!.text)
  const embedder = await fitHashedNgramEmbedder(texts, { seed })
  const contexts = await fitContexts(embedder, data.prompts)
  const pool = allRows(data, split.unseen, contexts)
  const seen = allRows(data, split.seen, contexts)
  const sources = (rows: readonly number[]): string[] => rows.map((row) => data.prompts[row]!.source)
  return {
    seed,
    test: selectTrainingRows(pool, split.test),
    probes: selectTrainingRows(pool, split.probes),
    hiddenTrain: selectTrainingRows(pool, split.train),
    seenTrain: selectTrainingRows(seen, split.train),
    seenProbes: selectTrainingRows(seen, split.probes),
    seenBases: split.seen.map((llm) => data.llms[llm]!.base),
    sources: { train: sources(split.train), test: sources(split.test) },
    prices: split.unseen.map((llm) => data.llms[llm]!.price),
  }
}

function allRows(data: OutcomeData, llms: readonly number[], contexts: readonly RoutingContext[]): TrainingRows {
  return trainingRows(selectLlms(data, llms), contexts)
}

/** The first `count` rows. */
export function firstRows(rows: TrainingRows, count: number): TrainingRows {
  return selectTrainingRows(
    rows,
    Array.from({ length: count }, (_, row) => row),
  )
}

/** S_val of a pool. An LLM without any known cost is taken to cost the mean of all. */
export function labelledProbes(rows: TrainingRows): LabelledProbes {
  return { rows, meanCostUsd: meanCosts(rows) }
}

/** Mean known cost per LLM, USD. */
export function meanCosts(rows: TrainingRows): Float64Array {
  return summariseColumns(rows.costUsd, rows.llms.length).means
}
