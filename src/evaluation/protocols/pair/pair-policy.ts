import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import type { HashedNgramEmbedder } from '../../../routing/embedding/hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { PolicyName } from '../../policy-names.ts'

/** Columns of every matrix of the protocol. */
export const weakLlm = 0
export const strongLlm = 1

/** What a policy may look at while it is fitted: training prompts and the two LLMs' outcomes on them. */
export interface PairTraining {
  /**
   * LLMs in the order weak, strong. Row i is in fold i mod {@link folds}; a group is in one fold where sizes allow it.
   */
  readonly data: OutcomeData
  /** The same rows as predictors read them. */
  readonly rows: TrainingRows
  readonly embedder: HashedNgramEmbedder
  readonly seed: number
  readonly folds: number
}

/** Prompts to route, as they look before the call. The outcomes are not in it. */
export interface PairPrompts {
  readonly contexts: readonly RoutingContext[]
  readonly texts: readonly string[]
  readonly inputTokens: Float64Array
}

/** What the protocol asks of a policy: by how much the strong LLM is worth more. Thresholds are the protocol's. */
export interface PairPolicy {
  /** What one fit answers for. */
  readonly names: readonly PolicyName[]
  /** Seconds to expect on routellm (10,800 training prompts); only the ratios count. */
  readonly weight: number
  /** @returns per name, the predicted gain of each prompt in any unit, finite: only their order counts. */
  gains(training: PairTraining, prompts: PairPrompts): Promise<readonly Float64Array[]>
}
