import { type OutcomeData, selectRows } from '../../../outcomes/outcome-data.ts'
import { fitHashedNgramEmbedder } from '../../../routing/embedding/fit-hashed-ngram-embedder.ts'
import type { HashedNgramEmbedder } from '../../../routing/embedding/hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { summariseColumns, type TrainingRows } from '../../../routing/prediction/training-rows.ts'
import type { TokenPrice } from '../../../routing/registry/token-price.ts'
import { fitContexts, trainingRows } from '../../../training/fit-contexts.ts'
import { callSize } from '../../../training/predict-costs.ts'
import { type PreparedData, prepareData, trainTestRows } from '../../evaluation-data.ts'
import { type ServiceTimes, serviceTimes } from '../../mixllm/simulated-latency.ts'
import { chooseSlots } from '../../mixllm/waiting-time.ts'
import { requestsPerSecond } from './stream-setting.ts'

/** What every unit of the protocol starts from. */
export interface StreamData {
  readonly prepared: PreparedData
  readonly data: OutcomeData
  readonly service: ServiceTimes
}

/** Rows of the data set by part; the stream and the test in order of arrival. */
export interface StreamParts {
  readonly offline: readonly number[]
  readonly online: readonly number[]
  readonly test: readonly number[]
}

/** One seed and one offline share, ready for policies. */
export interface StreamCase extends StreamData {
  readonly seed: number
  readonly parts: StreamParts
  readonly embedder: HashedNgramEmbedder
  /** By row of the data set; undefined for rows of no part. */
  readonly contexts: readonly (RoutingContext | undefined)[]
  /** Size of each prompt, known before the call; by row of the data set. */
  readonly inputTokens: Float64Array
  readonly offlineRows: TrainingRows
  readonly offlineTexts: readonly string[]
  readonly offlineSources: readonly string[]
  readonly prices: readonly (TokenPrice | undefined)[]
  /** C_ref: mean recorded cost of the dearest LLM on the offline part, USD. */
  readonly costReferenceUsd: number
  /** Mean quality and cost of each LLM on the offline part. */
  readonly meanQuality: Float64Array
  readonly meanCostUsd: Float64Array
  /** c_l. */
  readonly slots: Int32Array
}

/** A stream may send any prompt to any LLM: all outcomes must be known. */
export const streamNeeds = { cost: true, complete: true } as const

export function streamData(source: OutcomeData): StreamData {
  const prepared = prepareData(source, streamNeeds)
  return { prepared, data: prepared.data, service: serviceTimes(prepared.data) }
}

/**
 * The training prompts in two: `offlineShare` of their groups to fit on, the others to stream. The shares are nested: what is
 * fitted on at .3 is fitted on at .8 too. Orders are drawn by the seed.
 */
export function streamParts(prepared: PreparedData, offlineShare: number, seed: number): StreamParts {
  const { train, test } = trainTestRows(prepared, seed)
  const random = new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x51ed270b)
  const groups = new Map<number, number[]>()
  for (const row of train) {
    const group = prepared.groups.groupOf[row]!
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [row])
    else members.push(row)
  }
  const order = [...groups.keys()]
  shuffle(order, random)
  const offline: number[] = []
  const online: number[] = []
  for (const group of order) {
    const side = offline.length < offlineShare * train.length ? offline : online
    side.push(...groups.get(group)!)
  }
  const arrivals = [...test]
  shuffle(arrivals, random)
  shuffle(online, random)
  return { offline, online, test: arrivals }
}

/**
 * @param parts the offline part is what embedder and means are fitted on.
 */
export async function streamCase(base: StreamData, parts: StreamParts, seed: number): Promise<StreamCase> {
  const { data } = base
  const width = data.llms.length
  const offlineData = selectRows(data, parts.offline)
  const offlineTexts = offlineData.prompts.map((prompt) => prompt.text)
  const embedder = await fitHashedNgramEmbedder(offlineTexts, { seed })
  const used = [...parts.offline, ...parts.online, ...parts.test]
  const fitted = await fitContexts(
    embedder,
    used.map((row) => data.prompts[row]!),
  )
  const contexts: (RoutingContext | undefined)[] = new Array(data.prompts.length)
  used.forEach((row, i) => {
    contexts[row] = fitted[i]
  })
  const offlineRows = trainingRows(offlineData, fitted.slice(0, parts.offline.length))
  const inputTokens = new Float64Array(data.prompts.length).fill(Number.NaN)
  const all = trainingRows(data, contexts as RoutingContext[])
  for (const row of used) inputTokens[row] = callSize(all, row).inputTokens
  const { means: meanCostUsd } = summariseColumns(offlineData.costUsd, width)
  const { means: meanQuality } = summariseColumns(offlineData.quality, width)
  const costReferenceUsd = Math.max(...meanCostUsd)
  return {
    ...base,
    seed,
    parts,
    embedder,
    contexts,
    inputTokens,
    offlineRows,
    offlineTexts,
    offlineSources: offlineData.prompts.map((prompt) => prompt.source),
    prices: data.llms.map((llm) => llm.price),
    costReferenceUsd,
    meanQuality,
    meanCostUsd,
    slots: chooseSlots(meanServiceMs(base, parts.offline), meanCostUsd.indexOf(costReferenceUsd), requestsPerSecond),
  }
}

function meanServiceMs({ data, service }: StreamData, rows: readonly number[]): Float64Array {
  const width = data.llms.length
  const sums = new Float64Array(width)
  for (const row of rows) for (let llm = 0; llm < width; llm++) sums[llm]! += service.serviceMs[row * width + llm]!
  return sums.map((sum) => sum / rows.length)
}
