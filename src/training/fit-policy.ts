import { setImmediate } from 'node:timers/promises'
import { deduplicate } from '../outcomes/deduplicate.ts'
import { foldOrder } from '../outcomes/fold-order.ts'
import { type OutcomeData, selectLlms, selectRows } from '../outcomes/outcome-data.ts'
import { promptGroups } from '../outcomes/prompt-groups.ts'
import { selectUnsharedSplit } from '../outcomes/split.ts'
import { fitHashedNgramEmbedder } from '../routing/embedding/fit-hashed-ngram-embedder.ts'
import type { HashedNgramEmbedder } from '../routing/embedding/hashed-ngram-embedder.ts'
import type { FittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { summariseColumns } from '../routing/prediction/training-rows.ts'
import { fitContexts, trainingRows } from './fit-contexts.ts'
import { FitError } from './fit-error.ts'
import { type FitProgressListener, reportStep } from './fit-progress.ts'
import { fitRows, type RowSource } from './fit-rows.ts'

export interface FitPolicyOptions {
  /** Of folds, clusters and projection: same data and seed, same policy. */
  readonly seed: number
  /** Milliseconds since the epoch: when the version was made, and part of its id. */
  readonly now: number
  /** Default 5. */
  readonly folds?: number
  /** One of the set's own splits, less the texts that another split has too; all prompts when left out. */
  readonly split?: string
  /** A fitted embedder to go on with: it stays frozen between explicit fits. Default: a new one, fitted on the prompts. */
  readonly embedder?: HashedNgramEmbedder
  readonly onProgress?: FitProgressListener
}

/** A version and the embedder whose vectors it understands; they are saved apart (mathematics §1). */
export interface FitResult {
  readonly policy: FittedPolicy
  readonly embedder: HashedNgramEmbedder
  /** Prompts fitted on, after merging equal texts. */
  readonly prompts: number
  /** Prompts of the split not fitted on, as another split has the same text; 0 without a split. */
  readonly sharedPrompts: number
  /** LLMs of the data left out because too few labels are known. */
  readonly leftOut: readonly string[]
  /** w and κ of the stack; weights in the order ridge, clusters, forest. */
  readonly weights: Float64Array
  readonly trust: number
  /** α of the ridge member. */
  readonly penalty: number
  /** What was fitted on, for fitting it anew with more. */
  readonly source: RowSource
}

export const defaultFolds = 5

/** Fewer prompts than this per fold, and held-out figures choose nothing. */
export const fewestPromptsPerFold = 10

/** Fewer labels, and an LLM is left to the priors and to online learning. */
export const fewestLabels = 20

/**
 * Fits everything offline that a router rests on, from outcome data: embedder, quality, cost, reported levels and label
 * noise. Equal texts are merged and the rows shuffled by the seed before anything is fitted, near-duplicates into one fold, so that folds
 * neither share a text nor follow the file's order. Yields to the event loop every 20 ms or so while the embedder is fitted, then between
 * fits of one predictor, which take up to a second per few thousand prompts.
 *
 * @throws {FitError} when too few prompts or labels are there; {OutcomeDataError} `empty` for an unknown split.
 */
export async function fitPolicy(outcomes: OutcomeData, options: FitPolicyOptions): Promise<FitResult> {
  const { seed, now, folds = defaultFolds, split, onProgress } = options
  const { data: chosen, shared } = prepared(outcomes, split)
  const { data, groupOf } = inFolds(chosen, folds, seed)
  if (data.prompts.length < folds * fewestPromptsPerFold) {
    const message = `${data.prompts.length} prompts are too few: at least ${folds * fewestPromptsPerFold} are needed`
    throw new FitError('too_few_prompts', message)
  }
  const pool = withEnoughLabels(data)
  const embedder = options.embedder ?? (await fitEmbedder(pool, seed, onProgress))
  const rows = trainingRows(pool, await fitContexts(embedder, pool.prompts, onProgress))
  const source: RowSource = { llms: pool.llms, rows, groupOf }
  const name = {
    id: policyId(now, embedder.id, outcomes.name, seed),
    createdAtMs: now,
    description: describe(pool, split, shared),
    embedderId: embedder.id,
    origin: 'fit',
  } as const
  const { policy, stack } = await fitRows(source, name, { seed, folds, onProgress })
  return {
    policy,
    embedder,
    source,
    prompts: pool.prompts.length,
    sharedPrompts: shared,
    leftOut: data.llms.filter((llm) => !pool.llms.includes(llm)).map((llm) => llm.id),
    weights: stack.quality.weights,
    trust: stack.quality.trust,
    penalty: stack.ridge.penalty,
  }
}

function prepared(source: OutcomeData, split: string | undefined): ReturnType<typeof selectUnsharedSplit> {
  return split === undefined ? { data: deduplicate(source), shared: 0 } : selectUnsharedSplit(source, split)
}

/** Row i is in fold i mod `folds`, as {@link fitStack} has it; near-duplicates, a group, are in one fold where sizes allow it. */
function inFolds(
  data: OutcomeData,
  folds: number,
  seed: number,
): { readonly data: OutcomeData; readonly groupOf: Int32Array } {
  const { groupOf } = promptGroups(data.prompts)
  const rows = data.prompts.map((_, row) => row)
  const order = foldOrder(rows, groupOf, folds, seed)
  return { data: selectRows(data, order), groupOf: Int32Array.from(order, (row) => groupOf[row]!) }
}

function withEnoughLabels(data: OutcomeData): OutcomeData {
  const { counts } = summariseColumns(data.quality, data.llms.length)
  const kept = data.llms.flatMap((_, llm) => (counts[llm]! >= fewestLabels ? [llm] : []))
  if (kept.length === 0) {
    throw new FitError('no_llm', `No LLM has ${fewestLabels} prompts with a known quality`)
  }
  return kept.length === data.llms.length ? data : selectLlms(data, kept)
}

async function fitEmbedder(
  data: OutcomeData,
  seed: number,
  onProgress: FitProgressListener | undefined,
): Promise<HashedNgramEmbedder> {
  await reportStep(onProgress, 'embedder', 0, 1)
  const texts = data.prompts.map((prompt) => prompt.text)
  return fitHashedNgramEmbedder(texts, {
    seed,
    onProgress: (done, total) => onProgress?.({ phase: 'embedder', done, total }),
    pause: () => setImmediate(),
  })
}

function describe(fitted: OutcomeData, split: string | undefined, shared: number): string {
  const part = split === undefined ? '' : `, split ${split}`
  const less = shared === 0 ? '' : `; ${shared} left out, as another split has the same text`
  return `${fitted.name}${part}: ${fitted.prompts.length} prompts, ${fitted.llms.length} LLMs${less}`
}

/** Sortable by time; the tail keeps versions of one millisecond apart. */
export function policyId(now: number, embedderId: string, name: string, seed: number): string {
  const time = new Date(now).toISOString().replace(/[-:.TZ]/g, '')
  const tail = embedderId.slice(-6)
  return `${time}-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${tail}-${seed}`
}
