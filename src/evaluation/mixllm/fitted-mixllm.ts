import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { RoutingError, requireDimension } from '../../routing/errors.ts'
import type { TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { NeighbourSearches } from './choose-regressor.ts'
import { LlmPredictors, type LlmPredictorsOptions, type PoolMeans } from './llm-predictors.ts'
import type { MixLlmEmbedding } from './mixllm-embedding.ts'
import type { MixLlmEstimates } from './mixllm-estimates.ts'

/** What fitting found out, for reports. */
export interface MixLlmDescription {
  /** Domains of the tags; empty without tags. */
  readonly domains: readonly string[]
  /** Epoch of the projection that was kept; 0 when e alone did as well, or without tags. */
  readonly projectionEpoch: number
  /** Per LLM: what predicts its quality and its length or bill; null where a mean is all there is. */
  readonly quality: readonly (string | null)[]
  readonly amount: readonly (string | null)[]
  /** LLMs whose costs come from regressed bills instead of Eq. 5. */
  readonly withoutLengths: readonly LlmId[]
}

/** What all LLMs share. */
export interface MixLlmShared {
  readonly embedding: MixLlmEmbedding
  readonly pool: PoolMeans
  readonly options: LlmPredictorsOptions
  /** Fold of each prompt that the pool was fitted on. */
  readonly folds: ReadonlyMap<RoutingContext, number>
  readonly domains: readonly string[]
  readonly projectionEpoch: number
}

/**
 * MixLLM fitted offline (arXiv:2502.18482): e_n and, per LLM, predictors of quality and answer length that know nothing of one
 * another. Never changes: {@link addLlm} and {@link removeLlm} return another one that shares the rest.
 */
export class FittedMixLlm implements MixLlmEstimates {
  readonly llms: readonly LlmId[]
  readonly dimension: number
  readonly #shared: MixLlmShared
  readonly #predictors: readonly LlmPredictors[]

  constructor(llms: readonly LlmId[], predictors: readonly LlmPredictors[], shared: MixLlmShared) {
    requireDimension('The predictors', predictors.length, llms.length)
    this.llms = llms
    this.dimension = shared.embedding.dimension
    this.#predictors = predictors
    this.#shared = shared
  }

  embed(context: RoutingContext, out: Float64Array): void {
    requireDimension('The embedding', out.length, this.dimension)
    this.#shared.embedding.write(context, out)
  }

  predictQuality(embedding: Float64Array, quality: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    for (let llm = 0; llm < quality.length; llm++) quality[llm] = this.#predictors[llm]!.quality(embedding)
  }

  predictOutputTokens(embedding: Float64Array, outputTokens: Float64Array): void {
    requireDimension('The lengths', outputTokens.length, this.llms.length)
    for (let llm = 0; llm < outputTokens.length; llm++) {
      outputTokens[llm] = this.#predictors[llm]!.outputTokens(embedding)
    }
  }

  predictCostUsd(embedding: Float64Array, inputTokens: number, costUsd: Float64Array): void {
    requireDimension('The costs', costUsd.length, this.llms.length)
    for (let llm = 0; llm < costUsd.length; llm++) {
      costUsd[llm] = this.#predictors[llm]!.costUsd(embedding, inputTokens)
    }
  }

  /**
   * A newcomer by its own regressors; nothing else is fitted again, and the others predict the same bits.
   *
   * @param rows of that one LLM, labelled; contexts by the embedder that the others were fitted with. Prompts that the others
   *   were not fitted on are dealt out to the folds in turn.
   * @throws {RoutingError} `invalid_option` when there is not one LLM in the rows, or it is in the pool.
   */
  addLlm(rows: TrainingRows, price: TokenPrice | undefined): FittedMixLlm {
    const [id] = rows.llms
    if (id === undefined || rows.llms.length > 1) {
      throw new RoutingError('invalid_option', `Rows of one LLM are needed, got ${rows.llms.length}`, { param: 'rows' })
    }
    if (this.llms.includes(id)) {
      throw new RoutingError('invalid_option', `'${id}' is in the pool: remove it first`, { param: 'rows' })
    }
    const { embedding, pool, folds } = this.#shared
    const x = embedding.matrix(rows.contexts)
    const foldOf = Int32Array.from(
      rows.contexts,
      (context, row) => folds.get(context) ?? row % this.#shared.options.folds,
    )
    const options = { ...this.#shared.options, foldOf }
    const added = LlmPredictors.fit(x, this.dimension, { ...rows, price }, pool, options, new NeighbourSearches())
    return new FittedMixLlm([...this.llms, id], [...this.#predictors, added], this.#shared)
  }

  /** @throws {RoutingError} `unknown_llm` */
  removeLlm(id: LlmId): FittedMixLlm {
    const index = this.llms.indexOf(id)
    if (index === -1) throw new RoutingError('unknown_llm', `'${id}' is not in the pool`)
    const kept = <T>(items: readonly T[]): T[] => items.filter((_, other) => other !== index)
    return new FittedMixLlm(kept(this.llms), kept(this.#predictors), this.#shared)
  }

  qualityResiduals(llm: number): Float64Array | undefined {
    return this.#predictors[llm]!.qualityResiduals
  }

  describe(): MixLlmDescription {
    return {
      domains: this.#shared.domains,
      projectionEpoch: this.#shared.projectionEpoch,
      quality: this.#predictors.map((predictors) => predictors.qualityKind ?? null),
      amount: this.#predictors.map((predictors) => predictors.amountKind ?? null),
      withoutLengths: this.llms.filter((_, llm) => !this.#predictors[llm]!.hasLengths),
    }
  }
}
