import { foldOrder } from '../outcomes/fold-order.ts'
import type { SnapshotData } from '../routing/policy-store.ts'
import { type FittedPolicy, fittedPolicy, restorePolicy } from '../routing/prediction/fitted-policy.ts'
import { typicalCallUsd } from '../routing/prediction/price-prior.ts'
import { selectTrainingRows, summariseColumns } from '../routing/prediction/training-rows.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { embeddingGroups } from './embedding-groups.ts'
import { FitError } from './fit-error.ts'
import { defaultFolds, fewestLabels, fewestPromptsPerFold, policyId } from './fit-policy.ts'
import type { FitProgressListener } from './fit-progress.ts'
import { type FitRowsOptions, fitRows, type RowSource, type VersionName } from './fit-rows.ts'
import { keepDescribed } from './keep-described.ts'
import { refitWithBase } from './refit-with-base.ts'
import { type SavedRows, unpackRows } from './saved-rows.ts'

/** Plain data, so that it can be sent to a worker. */
export interface RefitRequest {
  readonly seed: number
  /** Milliseconds since the epoch: when the version was made, and part of its id. */
  readonly now: number
  readonly embedderId: string
  /** What the versions before it were fitted on by hand; undefined: nothing. */
  readonly base: SavedRows | undefined
  /** Judged requests, oldest first; undefined: none. Its groups are made here. */
  readonly log: SavedRows | undefined
  /** By row of `log`: what makes two rows one conversation. */
  readonly conversations: readonly (string | undefined)[]
  /** Today's prices; base bills are brought to them. */
  readonly prices: ReadonlyMap<LlmId, TokenPrice>
  /** LLMs that were seen to change, and the label at which that was: `log` holds their labels since then alone. */
  readonly changed: ReadonlyMap<LlmId, number>
  /** The version that serves. */
  readonly parentId: string | undefined
  /** That version, where it holds LLMs known by their probes alone, which are to be taken along. */
  readonly parent?: SnapshotData | undefined
  /** Labels up to this one are in `log`, as far as they count. */
  readonly throughSequence: number
}

/** With fewer labels since it changed, an LLM keeps what it was fitted on, and learning goes on from there. */
const labelsAfterChange = 100

/**
 * A version fitted on the rows of the last fit by hand and on the judged requests of the log (mathematics §23); where nothing was fitted by
 * hand, on the log alone. The same request gives the same bits. The labels in it are marked, LLM by LLM, so that online learning passes over
 * them.
 *
 * @throws {FitError} when too few rows or labels are there.
 */
export async function refitPolicy(request: RefitRequest, onProgress?: FitProgressListener): Promise<FittedPolicy> {
  const { throughSequence, changed } = request
  const kept = keptThroughChange(request)
  const { base, log } = rowsOf(request, kept)
  const name = versionOf(request)
  const options = optionsOf(request, onProgress)
  const shifted = new Set([...changed.keys()].filter((id) => !kept.has(id)))
  const parent = request.parent === undefined ? undefined : restorePolicy(request.parent)
  const policy =
    base === undefined
      ? keepDescribed(await fitLog(log, name, options), parent)
      : await refitWithBase({ base, log, shifted, parent }, name, options)
  // What is known by probes alone has none of the log's labels in it.
  const untouched = new Set(parent?.llms)
  const llms = policy.llms.map((llm) => ({
    ...llm,
    ...(kept.has(llm.id) || untouched.has(llm) ? {} : { labelsThrough: throughSequence }),
    ...(changed.has(llm.id) ? { changedAt: changed.get(llm.id) } : {}),
  }))
  return fittedPolicy({ ...policy, llms })
}

async function fitLog(log: RowSource | undefined, name: VersionName, options: FitRowsOptions): Promise<FittedPolicy> {
  if (log === undefined) throw new FitError('no_llm', 'No request was judged under the embedder that serves')
  return (await fitRows(withEnoughLabels(log), name, { ...options, isChosen: true })).policy
}

function optionsOf({ seed }: RefitRequest, onProgress: FitProgressListener | undefined): FitRowsOptions {
  return { seed, folds: defaultFolds, onProgress }
}

function versionOf({ now, embedderId, seed, parentId, throughSequence, base, log }: RefitRequest): VersionName {
  return {
    id: policyId(now, embedderId, 'refit', seed),
    createdAtMs: now,
    description: `refit: ${base?.count ?? 0} prompts, ${log?.count ?? 0} judged requests`,
    embedderId,
    origin: 'refit',
    parentId,
    throughSequence,
  }
}

/** LLMs that changed too lately to be fitted anew. */
function keptThroughChange({ base, log, changed }: RefitRequest): ReadonlySet<LlmId> {
  const baseLlms = new Set(base?.llms.map(({ id }) => id))
  return new Set([...changed.keys()].filter((id) => baseLlms.has(id) && knownLabels(log, id) < labelsAfterChange))
}

function knownLabels(rows: SavedRows | undefined, id: LlmId): number {
  const column = rows?.llms.findIndex((llm) => llm.id === id) ?? -1
  if (rows === undefined || column === -1) return 0
  let count = 0
  for (let cell = column; cell < rows.quality.length; cell += rows.llms.length) {
    if (!Number.isNaN(rows.quality[cell]!)) count++
  }
  return count
}

/** Base and logged rows, each in its folds; the log without the labels of LLMs that are to learn on from the base rows. */
function rowsOf(
  { base, log, prices, conversations, seed }: RefitRequest,
  kept: ReadonlySet<LlmId>,
): { readonly base: RowSource | undefined; readonly log: RowSource | undefined } {
  return {
    base: base === undefined ? undefined : withEnoughLabels(unpackRows(atPrices(base, prices))),
    log: log === undefined ? undefined : inFolds(forgetting(logRows(log, conversations), kept), seed),
  }
}

function logRows(log: SavedRows, conversations: RefitRequest['conversations']): RowSource {
  return { ...unpackRows(log), groupOf: embeddingGroups(log.embeddings, log.count, conversations) }
}

/** Without what was said of the quality of some LLMs. */
function forgetting(source: RowSource, llms: ReadonlySet<LlmId>): RowSource {
  if (llms.size === 0) return source
  const { rows } = source
  const gone = rows.llms.map((id) => llms.has(id))
  const quality = rows.quality.map((value, cell) => (gone[cell % gone.length] ? Number.NaN : value))
  return { ...source, rows: { ...rows, quality } }
}

function withEnoughLabels({ llms, rows, groupOf }: RowSource): RowSource {
  const { counts } = summariseColumns(rows.quality, llms.length)
  const kept = llms.flatMap((_, llm) => (counts[llm]! >= fewestLabels ? [llm] : []))
  const fewest = defaultFolds * fewestPromptsPerFold
  if (kept.length === 0) throw new FitError('no_llm', `No LLM has ${fewestLabels} requests of known quality`)
  if (rows.contexts.length < fewest) {
    throw new FitError('too_few_prompts', `${rows.contexts.length} rows are too few: at least ${fewest} are needed`)
  }
  if (kept.length === llms.length) return { llms, rows, groupOf }
  const pick = (cells: Float64Array): Float64Array => {
    const picked = new Float64Array(rows.contexts.length * kept.length)
    for (let cell = 0; cell < picked.length; cell++) {
      picked[cell] = cells[Math.floor(cell / kept.length) * llms.length + kept[cell % kept.length]!]!
    }
    return picked
  }
  return {
    llms: kept.map((llm) => llms[llm]!),
    groupOf,
    rows: {
      llms: kept.map((llm) => rows.llms[llm]!),
      contexts: rows.contexts,
      quality: pick(rows.quality),
      costUsd: pick(rows.costUsd),
      inputTokens: pick(rows.inputTokens),
      outputTokens: pick(rows.outputTokens),
    },
  }
}

/** Row i is in fold i mod folds; a group is in one fold where sizes allow it. */
function inFolds({ llms, rows, groupOf }: RowSource, seed: number): RowSource {
  const order = foldOrder(
    rows.contexts.map((_, row) => row),
    groupOf,
    defaultFolds,
    seed,
  )
  return { llms, rows: selectTrainingRows(rows, order), groupOf: Int32Array.from(order, (row) => groupOf[row]!) }
}

/** Recorded bills as they would be today, by a typical request's price. */
function atPrices(saved: SavedRows, prices: ReadonlyMap<LlmId, TokenPrice>): SavedRows {
  const ratios = saved.llms.map(({ id, price }) => {
    const now = prices.get(id)
    const before = price === undefined ? 0 : typicalCallUsd(price)
    return now === undefined || before === 0 ? 1 : typicalCallUsd(now) / before
  })
  if (ratios.every((ratio) => ratio === 1)) return saved
  return { ...saved, costUsd: saved.costUsd.map((usd, cell) => usd * ratios[cell % ratios.length]!) }
}
