/**
 * What a refit from the log is worth: part of a set's training prompts are base rows with every LLM's outcome, the rest pass by one at a time, are
 * answered by the LLM that the policy fitted on the base rows chooses (one in ten at random, half of all λ's thrifty), and only that answer's
 * quality and bill are kept. Area under the sweep on held-out prompts, of: the base version, the same with κ drawn to 1 as a refit has it, the
 * base version with the labels folded in online, the refit (and folded on top what it left to that), and a fit on every outcome of all rows.
 *
 * `node test/replay/refit.ts <folder of a data set> [share of base rows] [seeds, or from-to] [score | thumbs] [none | tasks | level]`
 */
import { deduplicate } from '../../src/outcomes/deduplicate.ts'
import { promptGroups } from '../../src/outcomes/prompt-groups.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { FittedPolicy } from '../../src/routing/prediction/fitted-policy.ts'
import { StackedQualityPredictor } from '../../src/routing/prediction/stacked-quality-predictor.ts'
import type { TrainingRows } from '../../src/routing/prediction/training-rows.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { fitContexts, trainingRows } from '../../src/training/fit-contexts.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { fitRows, type RowSource } from '../../src/training/fit-rows.ts'
import { type RefitRequest, refitPolicy } from '../../src/training/refit-policy.ts'
import { packRows, type SavedRows } from '../../src/training/saved-rows.ts'
import { areaOf, choose, divide, logOf, type Shift, worsened } from './refit-world.ts'

const [folder, shareText = '0.1', seedsText = '3', kind = 'score', shift = 'none'] = process.argv.slice(2)
if (folder === undefined) throw new Error('Which data set?')

const data = deduplicate(await readOutcomeData(folder))
const { groupOf } = promptGroups(data.prompts)
const pool: Llm[] = data.llms.map(({ id, price }) => ({
  ...unknownLlmProperties,
  id,
  provider: '',
  upstreamModel: id,
  price,
}))
const [last = 3, begin = 1] = seedsText.split('-').map(Number).reverse()
for (let seed = begin; seed <= last; seed++) await study(seed)

async function study(seed: number): Promise<void> {
  const { base, rest, test } = divide(data, groupOf, Number(shareText), shift as Shift, seed)
  const first = await fitPolicy(base, { seed, now: 0 })
  const { embedder, source } = first
  const asNow = (rows: typeof source.rows) => (shift === 'level' ? worsened(rows, source.rows) : rows)
  const restRows = asNow(trainingRows(rest, await fitContexts(embedder, rest.prompts)))
  const testRows = asNow(trainingRows(test, await fitContexts(embedder, test.prompts)))
  const live = (fitted: FittedPolicy) => new RoutingPolicy({ embedder, fitted, pool })
  const random = new SeededRandom(3000 + seed)
  const chosen = choose(live(first.policy), restRows, pool, random)
  const log = logOf({ llms: source.llms, rows: restRows, kind }, chosen, random)
  const fold = (policy: RoutingPolicy) => learnAll(policy, log, chosen, restRows.contexts)
  const folded = fold(live(first.policy))
  const changed = new Map(folded.alarms.map(({ llm, sequence }) => [llm, sequence]))
  const started = performance.now()
  const refit = await refitPolicy({
    ...refitRequest(seed, packRows(source), since(log, changed)),
    embedderId: embedder.id,
    changed,
    parentId: first.policy.id,
  })
  const refitMs = performance.now() - started
  const full =
    shift === 'none' && kind === 'score'
      ? (await fitRows(withRows(source, source.rows, restRows), first.policy, { seed, folds: 5 })).policy
      : undefined
  const area = (policy: RoutingPolicy) => areaOf(policy, testRows, pool)
  const figures = {
    set: data.name,
    kind,
    shift,
    seed,
    base: base.prompts.length,
    logged: log.count,
    test: test.prompts.length,
    alarms: changed.size,
    baseOnly: area(live(first.policy)),
    trusted: area(live(trusting(first.policy, base.prompts.length))),
    folded: area(folded),
    refit: area(fold(live(refit))),
    everything: full && area(live(full)),
    refitMs: Math.round(refitMs),
  }
  console.log(JSON.stringify(figures))
}

/** κ drawn to 1 by 500 rows, as a refit has it: what of its gain is none of the log's. */
function trusting(fitted: FittedPolicy, baseRows: number): FittedPolicy {
  const snapshot = fitted.quality.snapshot() as unknown as { readonly kind: string; readonly trust: number }
  if (snapshot.kind !== 'stacked') throw new Error('Only for sets where every LLM is fitted')
  const trust = (baseRows * snapshot.trust + 500) / (baseRows + 500)
  const quality = StackedQualityPredictor.restore({ ...fitted.quality.snapshot(), trust } as never)
  return { ...fitted, id: `${fitted.id}-trusting`, quality }
}

/** Base rows and all others, with every outcome. */
function withRows({ llms, groupOf: groups }: RowSource, base: TrainingRows, rest: TrainingRows): RowSource {
  const join = (a: Float64Array, b: Float64Array) => Float64Array.from([...a, ...b])
  const rows = {
    llms: base.llms,
    contexts: [...base.contexts, ...rest.contexts],
    quality: join(base.quality, rest.quality),
    costUsd: join(base.costUsd, rest.costUsd),
    inputTokens: join(base.inputTokens, rest.inputTokens),
    outputTokens: join(base.outputTokens, rest.outputTokens),
  }
  return {
    llms,
    rows,
    groupOf: Int32Array.from(rows.contexts.keys(), (row) => groups[row] ?? base.contexts.length + row),
  }
}

function refitRequest(seed: number, base: SavedRows, log: SavedRows) {
  return {
    seed,
    now: 1,
    base,
    log,
    conversations: Array.from({ length: log.count }, () => undefined),
    prices: new Map(data.llms.flatMap(({ id, price }) => (price === undefined ? [] : [[id, price] as const]))),
    throughSequence: log.count,
  } satisfies Partial<RefitRequest>
}

/** The log without what was said of an LLM before it raised an alarm. */
function since(log: SavedRows, changed: ReadonlyMap<string, number>): SavedRows {
  const width = log.llms.length
  const quality = log.quality.map((value, cell) => {
    const sequence = Math.floor(cell / width) + 1
    return sequence <= (changed.get(log.llms[cell % width]!.id) ?? 0) ? Number.NaN : value
  })
  return { ...log, quality }
}

function learnAll(
  policy: RoutingPolicy,
  log: SavedRows,
  chosen: readonly number[],
  contexts: TrainingRows['contexts'],
): RoutingPolicy {
  chosen.forEach((llm, row) => {
    policy.learn({
      sequence: row + 1,
      decisionId: `d${row}`,
      llm: log.llms[llm]!.id,
      context: contexts[row]!,
      source: 'user',
      kind: kind === 'thumbs' ? 'thumbs' : 'score',
      value: log.quality[row * log.llms.length + llm]!,
      offlineQuality: undefined,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
  })
  return policy
}
