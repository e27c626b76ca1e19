import { fitTagEnhancedProjection } from '../../routing/embedding/fit-tag-enhanced-projection.ts'
import { TagEnhancedProjection } from '../../routing/embedding/tag-enhanced-projection.ts'
import { requireDimension } from '../../routing/errors.ts'
import { stackEmbeddings, type TrainingRows } from '../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../routing/registry/token-price.ts'
import { fitTagDomains } from '../../routing/tagging/fit-tag-domains.ts'
import { type DomainOfTag, TagDomains } from '../../routing/tagging/tag-domains.ts'
import { NeighbourSearches } from './choose-regressor.ts'
import { FittedMixLlm, type MixLlmShared } from './fitted-mixllm.ts'
import { LlmPredictors, type LlmPredictorsOptions, type PoolMeans } from './llm-predictors.ts'
import { MixLlmEmbedding } from './mixllm-embedding.ts'
import { promptFolds } from './prompt-folds.ts'
import type { RegressorKind } from './scalar-regressor.ts'
import { trainingTags } from './training-tags.ts'

export interface FitMixLlmOptions {
  /** Of the rows, in order. */
  readonly texts: readonly string[]
  /** Task of each row; empty strings where the set names none. Used as tags of training prompts only. */
  readonly sources: readonly string[]
  /** Of `rows.llms`. */
  readonly prices: readonly (TokenPrice | undefined)[]
  readonly seed: number
  /** `domains`: e_n holds the tag-enhanced projection. `none`: e_n is the request's design vector alone. */
  readonly tags: 'domains' | 'none'
  /** Whether {@link sources} become tags. Default true. */
  readonly sourcesAsTags?: boolean
  /** Tags of each row from elsewhere, such as an LLM's. */
  readonly extraTags?: readonly (readonly string[])[]
  /** Instead of clusters of the tags: an edited map. */
  readonly domainOfTag?: DomainOfTag
  /** `last`: the projection stays after all its epochs even where it does not help, for ablations. Default `best`. */
  readonly keepProjection?: 'best' | 'last'
  /** Of each forest that is served. Default 100. */
  readonly trees?: number
  /** Default `forest`, the paper's. */
  readonly qualityKind?: RegressorKind | 'per-llm'
  /** Of the validation that chooses kinds. Default 3. */
  readonly folds?: number
}

const defaultTrees = 100
const defaultFolds = 3

/** Of the forests that are only compared. With 8 a forest is so much worse than the one served that kNN passes it. */
const defaultValidationTrees = 16

/**
 * Fits MixLLM offline (arXiv:2502.18482; mathematics §13): tags and domains of the training prompts, the projection trained on
 * them, and per LLM a regressor of quality and one of answer length. Deterministic in its arguments.
 *
 * Where something is chosen, {@link promptFolds} say what is held out.
 *
 * @param rows at least one. @throws {RoutingError} `dimension_mismatch` when texts, sources or prices do not fit the rows.
 */
export async function fitMixLlm(rows: TrainingRows, options: FitMixLlmOptions): Promise<FittedMixLlm> {
  requireDimension('The texts', options.texts.length, rows.contexts.length)
  requireDimension('The sources', options.sources.length, rows.contexts.length)
  requireDimension('The prices', options.prices.length, rows.llms.length)
  const settings = predictorOptions(options)
  const { foldOf, groupOf } = promptFolds(options.texts, settings.folds, options.seed)
  const { projection, domains, epoch } = fitProjection(rows, options, groupOf)
  const embedding = new MixLlmEmbedding(rows.contexts, projection)
  const shared: MixLlmShared = {
    embedding,
    pool: poolMeans(rows),
    options: settings,
    folds: new Map(rows.contexts.map((context, row) => [context, foldOf[row]!])),
    domains,
    projectionEpoch: epoch,
  }
  const x = embedding.matrix(rows.contexts)
  const searches = new NeighbourSearches()
  const predictors = rows.llms.map((_, llm) => {
    const column = (cells: Float64Array): Float64Array => columnOf(cells, llm, rows.llms.length)
    const outcomes = {
      quality: column(rows.quality),
      costUsd: column(rows.costUsd),
      outputTokens: column(rows.outputTokens),
      price: options.prices[llm],
    }
    return LlmPredictors.fit(x, embedding.dimension, outcomes, shared.pool, { ...settings, foldOf }, searches)
  })
  return new FittedMixLlm([...rows.llms], predictors, shared)
}

function predictorOptions(options: FitMixLlmOptions): LlmPredictorsOptions {
  const trees = options.trees ?? defaultTrees
  return {
    seed: options.seed,
    trees,
    validationTrees: Math.min(trees, defaultValidationTrees),
    folds: options.folds ?? defaultFolds,
    qualityKind: options.qualityKind ?? 'forest',
  }
}

function fitProjection(
  rows: TrainingRows,
  options: FitMixLlmOptions,
  groupOf: Int32Array,
): { readonly projection: TagEnhancedProjection; readonly domains: readonly string[]; readonly epoch: number } {
  const dimension = rows.contexts[0]!.embedding.length
  if (options.tags === 'none') {
    return { projection: TagEnhancedProjection.identity(dimension), domains: [], epoch: 0 }
  }
  const embeddings = stackEmbeddings(rows.contexts)
  const tagsOf = trainingTags(options.texts, rows.contexts, {
    seed: options.seed,
    ...((options.sourcesAsTags ?? true) ? { sources: options.sources } : {}),
    ...(options.extraTags === undefined ? {} : { extraTags: options.extraTags }),
  })
  const domains =
    options.domainOfTag === undefined
      ? fitTagDomains(tagsOf, embeddings, dimension)
      : new TagDomains(options.domainOfTag, promptsOfTag(tagsOf))
  const prompts = {
    embeddings,
    dimension,
    domainOf: Int32Array.from(tagsOf, (tags) => domains.domainOf(tags)),
    domains: domains.names.length,
  }
  const labels = { quality: rows.quality, columns: rows.llms.length }
  const { projection, epoch } = fitTagEnhancedProjection(prompts, labels, {
    seed: options.seed,
    keep: options.keepProjection ?? 'best',
    groupOf,
  })
  return { projection, domains: domains.names, epoch }
}

function promptsOfTag(tagsOf: readonly (readonly string[])[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const tag of tagsOf.flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return counts
}

function columnOf(cells: Float64Array, column: number, width: number): Float64Array {
  const values = new Float64Array(cells.length / width)
  for (let row = 0; row < values.length; row++) values[row] = cells[row * width + column]!
  return values
}

function poolMeans(rows: TrainingRows): PoolMeans {
  const meanKnown = (cells: Float64Array, otherwise: number): number => {
    const known = cells.filter((value) => !Number.isNaN(value))
    return known.length === 0 ? otherwise : known.reduce((sum, value) => sum + value, 0) / known.length
  }
  return {
    quality: meanKnown(rows.quality, 0.5),
    outputTokens: meanKnown(rows.outputTokens, Number.NaN),
    costUsd: meanKnown(rows.costUsd, Number.NaN),
  }
}
