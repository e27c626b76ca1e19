import { foldOrder } from '../../../outcomes/fold-order.ts'
import { selectRows } from '../../../outcomes/outcome-data.ts'
import { fitHashedNgramEmbedder } from '../../../routing/embedding/fit-hashed-ngram-embedder.ts'
import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import { SeededRandom, shuffle } from '../../../routing/numeric/random-source.ts'
import { fitContexts, trainingRows } from '../../../training/fit-contexts.ts'
import type { ContextTable } from '../../online/context-table.ts'
import { OfflineFits, offlineFolds } from '../../online/offline-fit.ts'
import type { FittedOnlinePolicy, OfflineKnowledge } from '../../online/online-policy.ts'
import { type CostTable, offlineCosts } from '../../online/static-online.ts'
import type { PolicyName } from '../../policy-names.ts'
import { type DriftPlan, driftSplitSeed } from './drift-plan.ts'
import { driftKinds, unexploringKind } from './drift-policies.ts'
import { qualityLoss } from './drift-setting.ts'

/** What a full-information router predicts with: by context, in the order of `llms`. */
export interface ToldEstimates {
  /** Indices into the data set's LLMs. */
  readonly llms: readonly number[]
  readonly quality: ContextTable
  readonly costUsd: CostTable
  /** What a loss of {@link qualityLoss} leaves of each LLM's mean quality offline, a share. */
  readonly keptQuality: Float64Array
}

/** Everything that the orders share: fitted once per worker. */
export interface DriftCase {
  readonly plan: DriftPlan
  /** By row of the data set; rows that are neither offline nor streamed have none. */
  readonly contexts: readonly (RoutingContext | undefined)[]
  readonly policies: ReadonlyMap<PolicyName, FittedOnlinePolicy>
  /** What all of them were fitted on, and the fits they share. */
  readonly knowledge: OfflineKnowledge
  readonly fits: OfflineFits
  /** {@link unexploringKind}, where pointsman is among them. */
  readonly unexploring: FittedOnlinePolicy | undefined
  /** Without the newcomer, and with it. */
  readonly told: ToldEstimates
  readonly toldOfNewcomer: ToldEstimates
}

/** Fits on the offline rows. @param names policies to fit; references included. */
export async function fitDriftCase(plan: DriftPlan, names: readonly PolicyName[]): Promise<DriftCase> {
  const { split, prepared, cast } = plan
  const { data } = prepared
  const offline = selectRows(data, offlineOrder(split.train, prepared.groups.groupOf))
  const texts = offline.prompts.map(({ text }) => text)
  const embedder = await fitHashedNgramEmbedder(texts, { seed: driftSplitSeed })
  const offlineContexts = await fitContexts(embedder, offline.prompts)
  const streamed = await fitContexts(embedder, selectRows(data, split.test).prompts)
  const contexts: (RoutingContext | undefined)[] = data.prompts.map(() => undefined)
  split.test.forEach((row, i) => {
    contexts[row] = streamed[i]
  })
  const absent = data.llms.flatMap((_, llm) => (cast.incumbents.includes(llm) ? [] : [llm]))
  const rows = trainingRows(offline, offlineContexts)
  const prices = data.llms.map(({ price }) => price)
  const knowledgeWithout = (newcomers: readonly number[]): OfflineKnowledge => ({
    rows: withoutCells(rows, newcomers),
    texts,
    prices,
    newcomers,
    seed: driftSplitSeed,
  })
  const fits = new OfflineFits()
  const knowledge = knowledgeWithout(absent)
  const policies = new Map<PolicyName, FittedOnlinePolicy>()
  for (const kind of driftKinds(fits)) {
    if (names.includes(kind.name)) policies.set(kind.name, await kind.fit(knowledge))
  }
  return {
    plan,
    contexts,
    policies,
    knowledge,
    fits,
    unexploring: names.includes('pointsman') ? await unexploringKind(fits).fit(knowledge) : undefined,
    told: await toldEstimates(fits, knowledge),
    toldOfNewcomer: await toldEstimates(fits, knowledgeWithout(absent.filter((llm) => llm !== cast.newcomer))),
  }
}

/** In folds by groups of near-duplicates, then as many rows at a time as there are folds at random, as tuning streams through them. */
export function offlineOrder(rows: readonly number[], groupOf: Int32Array): number[] {
  const inFolds = foldOrder(rows, groupOf, offlineFolds, driftSplitSeed)
  const whole = Array.from({ length: Math.floor(rows.length / offlineFolds) }, (_, block) => block)
  shuffle(whole, new SeededRandom(driftSplitSeed))
  const shuffled = whole.flatMap((block) => inFolds.slice(block * offlineFolds, (block + 1) * offlineFolds))
  return [...shuffled, ...inFolds.slice(shuffled.length)]
}

async function toldEstimates(fits: OfflineFits, knowledge: OfflineKnowledge): Promise<ToldEstimates> {
  const fit = await fits.of(knowledge)
  return {
    llms: fit.incumbents,
    quality: fit.quality,
    costUsd: offlineCosts(fit),
    keptQuality: keptQuality(fit.rows.quality, fit.incumbents.length),
  }
}

/**
 * Σ max(0, q − loss)/Σ q per LLM: .8 of a quality that is 0 or 1, where q̂ − .2 would take from expectations what no answer
 * can lose. 1 where nothing is there to be lost.
 */
export function keptQuality(cells: Float64Array, llms: number): Float64Array {
  const before = new Float64Array(llms)
  const after = new Float64Array(llms)
  cells.forEach((quality, cell) => {
    if (Number.isNaN(quality)) return
    before[cell % llms]! += quality
    after[cell % llms]! += Math.max(0, quality - qualityLoss)
  })
  return after.map((sum, llm) => (before[llm]! > 0 ? sum / before[llm]! : 1))
}

/** The rows with the outcomes of some LLMs unknown. */
function withoutCells(rows: OfflineKnowledge['rows'], llms: readonly number[]): OfflineKnowledge['rows'] {
  const width = rows.llms.length
  const hide = (cells: Float64Array) => cells.map((value, cell) => (llms.includes(cell % width) ? Number.NaN : value))
  return {
    ...rows,
    quality: hide(rows.quality),
    costUsd: hide(rows.costUsd),
    inputTokens: hide(rows.inputTokens),
    outputTokens: hide(rows.outputTokens),
  }
}
