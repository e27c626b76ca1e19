import { foldOrder } from '../outcomes/fold-order.ts'
import { type FittedPolicy, fittedPolicy } from '../routing/prediction/fitted-policy.ts'
import { typicalCallUsd } from '../routing/prediction/price-prior.ts'
import { selectTrainingRows, summariseColumns, type TrainingRows } from '../routing/prediction/training-rows.ts'
import type { LlmId } from '../routing/registry/llm.ts'
import type { TokenPrice } from '../routing/registry/token-price.ts'
import { embeddingGroups } from './embedding-groups.ts'
import { FitError } from './fit-error.ts'
import { defaultFolds, fewestLabels, fewestPromptsPerFold, policyId } from './fit-policy.ts'
import type { FitProgressListener } from './fit-progress.ts'
import { fitRows, type RowLlm, type RowSource } from './fit-rows.ts'
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
  /** LLMs that were seen to change: `log` holds their labels since then alone. */
  readonly changed: readonly LlmId[]
  /** The version that serves. */
  readonly parentId: string | undefined
  /** Labels up to this one are in `log`, as far as they count. */
  readonly throughSequence: number
}

/** With fewer labels since it changed, an LLM keeps what it was fitted on, and learning goes on from there. */
export const labelsAfterChange = 100

/**
 * A version fitted on the rows of the last fit by hand and on the judged requests of the log (mathematics §29). The same request gives the same
 * bits. The labels in it are marked, LLM by LLM, so that online learning passes over them.
 *
 * @throws {FitError} when too few rows or labels are there.
 */
export async function refitPolicy(request: RefitRequest, onProgress?: FitProgressListener): Promise<FittedPolicy> {
  const { seed, now, embedderId, parentId, throughSequence } = request
  const kept = keptThroughChange(request)
  const source = inFolds(joinRows(request, kept), seed)
  const logged = request.log?.count ?? 0
  const name = {
    id: policyId(now, embedderId, 'refit', seed),
    createdAtMs: now,
    description: `${request.base?.count ?? 0} prompts and ${logged} judged requests, ${source.llms.length} LLMs`,
    embedderId,
    origin: 'refit',
    parentId,
    throughSequence,
  } as const
  const isChosen = source.rows.quality.some(Number.isNaN) && logged > 0
  const { policy } = await fitRows(source, name, { seed, folds: defaultFolds, isChosen, onProgress })
  const llms = policy.llms.map((llm) => (kept.has(llm.id) ? llm : { ...llm, labelsThrough: throughSequence }))
  return fittedPolicy({ ...policy, llms })
}

/** LLMs that changed too lately to be fitted anew. */
function keptThroughChange({ base, log, changed }: RefitRequest): ReadonlySet<LlmId> {
  const baseLlms = new Set(base?.llms.map(({ id }) => id))
  return new Set(changed.filter((id) => baseLlms.has(id) && knownLabels(log, id) < labelsAfterChange))
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

/**
 * Base rows, then logged ones, of all LLMs with enough labels. Of an LLM that changed the base labels count for nothing, or, with few labels
 * since, the logged ones.
 */
function joinRows(request: RefitRequest, kept: ReadonlySet<LlmId>): RowSource {
  const { log, changed, prices, conversations } = request
  const base = request.base === undefined ? undefined : atPrices(request.base, prices)
  const parts = [base, log].flatMap((saved) => (saved === undefined ? [] : [unpackRows(saved)]))
  const llms = new Map<LlmId, RowLlm>()
  for (const part of parts) for (const llm of part.llms) if (!llms.has(llm.id)) llms.set(llm.id, llm)
  const all = [...llms.values()].map((llm) => ({ ...llm, price: prices.get(llm.id) ?? llm.price }))
  const isForgotten = (id: LlmId, part: RowSource) =>
    changed.includes(id) && kept.has(id) === (log !== undefined && part === parts.at(-1))
  const columns = (part: RowSource, name: Measure) => spread(part, name, all, (id) => isForgotten(id, part))
  const rows: TrainingRows = {
    llms: all.map(({ id }) => id),
    contexts: parts.flatMap((part) => part.rows.contexts),
    quality: concatenate(parts.map((part) => columns(part, 'quality'))),
    costUsd: concatenate(parts.map((part) => columns(part, 'costUsd'))),
    inputTokens: concatenate(parts.map((part) => columns(part, 'inputTokens'))),
    outputTokens: concatenate(parts.map((part) => columns(part, 'outputTokens'))),
  }
  const saved = [base, log].flatMap((one) => (one === undefined ? [] : [one]))
  const keys = [
    ...Array.from(base?.groupOf ?? [], (group) => `group ${group}`),
    ...conversations.map((id) => (id === undefined ? undefined : `conversation ${id}`)),
  ]
  const groupOf = embeddingGroups(joinFloats(saved.map(({ embeddings }) => embeddings)), rows.contexts.length, keys)
  return withEnoughLabels({ llms: all, rows, groupOf })
}

type Measure = 'quality' | 'costUsd' | 'inputTokens' | 'outputTokens'

/** A part's cells in the columns of all LLMs; what is forgotten is of quality alone. */
function spread(
  { llms, rows }: RowSource,
  measure: Measure,
  all: readonly RowLlm[],
  isForgotten: (id: LlmId) => boolean,
): Float64Array {
  const placeOf = new Map(llms.map(({ id }, place) => [id, place]))
  const out = new Float64Array(rows.contexts.length * all.length).fill(Number.NaN)
  all.forEach(({ id }, column) => {
    const place = placeOf.get(id)
    if (place === undefined || (measure === 'quality' && isForgotten(id))) return
    for (let row = 0; row < rows.contexts.length; row++) {
      out[row * all.length + column] = rows[measure][row * llms.length + place]!
    }
  })
  return out
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

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
