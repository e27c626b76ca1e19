/**
 * What a refit from the log is worth: part of a set's training prompts are base rows with every LLM's outcome, the rest pass by one at a time, are
 * answered by the LLM that the policy fitted on the base rows chooses (one in ten at random, half of all λ's thrifty), and only that answer's
 * quality and bill are kept. Area under the sweep on held-out prompts, of: the base version, the same with the labels folded in online,
 * the refit with and without q̄ over all rows, and a fit on every outcome of all rows.
 *
 * `node test/replay/refit.ts <folder of a data set> [share of base rows] [seeds]`
 */
import { deduplicate } from '../../src/outcomes/deduplicate.ts'
import { type OutcomeData, selectRows } from '../../src/outcomes/outcome-data.ts'
import { promptGroups } from '../../src/outcomes/prompt-groups.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { sweepCostWeights } from '../../src/routing/decision/cost-quality-hull.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { FittedPolicy } from '../../src/routing/prediction/fitted-policy.ts'
import type { TrainingRows } from '../../src/routing/prediction/training-rows.ts'
import { type Llm, unknownLlmProperties } from '../../src/routing/registry/llm.ts'
import { newQualityEstimates, RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { bestCells } from '../../src/training/best-cells.ts'
import { fitContexts, trainingRows } from '../../src/training/fit-contexts.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { predictCosts } from '../../src/training/predict-costs.ts'
import { refitPolicy } from '../../src/training/refit-policy.ts'
import { packRows, type SavedRows } from '../../src/training/saved-rows.ts'
import { sweepArea } from '../../src/training/sweep-area.ts'

const [folder, shareText = '0.1', seedsText = '3', kind = 'score'] = process.argv.slice(2)
if (folder === undefined) throw new Error('Which data set?')

const data = deduplicate(await readOutcomeData(folder))
const { groupOf } = promptGroups(data.prompts)
for (let seed = 1; seed <= Number(seedsText); seed++) await study(seed)

async function study(seed: number): Promise<void> {
  const random = new SeededRandom(1000 + seed)
  const side = new Map<number, number>()
  for (const group of groupOf) if (!side.has(group)) side.set(group, random.next())
  const part = (from: number, to: number): OutcomeData => {
    const inside = (row: number) => side.get(groupOf[row]!)! >= from && side.get(groupOf[row]!)! < to
    return selectRows(
      data,
      data.prompts.flatMap((_, row) => (inside(row) ? [row] : [])),
    )
  }
  const cut = 0.7 * Number(shareText)
  const [base, rest, test, all] = [part(0, cut), part(cut, 0.7), part(0.7, 1), part(0, 0.7)]
  const first = await fitPolicy(base, { seed, now: 0 })
  const { embedder } = first
  const restRows = trainingRows(rest, await fitContexts(embedder, rest.prompts))
  const testRows = trainingRows(test, await fitContexts(embedder, test.prompts))
  const prices = data.llms.map((llm) => llm.price)
  const pool: Llm[] = data.llms.map(({ id, price }) => ({
    ...unknownLlmProperties,
    id,
    provider: '',
    upstreamModel: id,
    price,
  }))
  const chosen = choose(new RoutingPolicy({ embedder, fitted: first.policy, pool }), restRows, pool, random)
  const log = logOf(rest, restRows, chosen, random)
  const request = {
    seed,
    now: 1,
    embedderId: embedder.id,
    base: packRows(first.source),
    log,
    conversations: Array.from({ length: log.count }, () => undefined),
    prices: new Map(data.llms.flatMap(({ id, price }) => (price === undefined ? [] : [[id, price] as const]))),
    changed: new Map<string, number>(),
    parentId: first.policy.id,
    throughSequence: log.count,
  }
  const started = performance.now()
  const refit = await refitPolicy(request)
  const refitMs = performance.now() - started
  const folded = new RoutingPolicy({ embedder, fitted: first.policy, pool })
  chosen.forEach((llm, row) => {
    folded.learn({
      sequence: row + 1,
      decisionId: `d${row}`,
      llm: data.llms[llm]!.id,
      context: restRows.contexts[row]!,
      source: 'user',
      kind: kind === 'thumbs' ? 'thumbs' : 'score',
      value: log.quality[row * data.llms.length + llm]!,
      offlineQuality: undefined,
      weight: 1,
      noise: undefined,
      revises: undefined,
    })
  })
  const full = await fitPolicy(all, { seed, now: 0, embedder })
  const area = (policy: FittedPolicy, live?: RoutingPolicy) => areaOf(policy, live, testRows, prices, pool)
  const figures = {
    set: data.name,
    seed,
    base: base.prompts.length,
    logged: log.count,
    test: test.prompts.length,
    baseOnly: area(first.policy),
    folded: area(first.policy, folded),
    refit: area(refit),
    everything: area(full.policy),
    refitMs: Math.round(refitMs),
  }
  console.log(JSON.stringify(figures))
}

function choose(policy: RoutingPolicy, rows: TrainingRows, pool: readonly Llm[], random: SeededRandom): number[] {
  const width = pool.length
  const costs = new Float64Array(rows.quality.length)
  const prices = pool.map((llm) => llm.price)
  predictCosts(policy.fitted!.cost as never, rows, prices, [...rows.contexts.keys()], costs)
  const estimates = newQualityEstimates(width)
  return rows.contexts.map((context, row) => {
    if (random.next() < 0.1) return Math.floor(random.next() * width)
    policy.estimateQuality(context, pool, estimates)
    const perUsd = (random.next() < 0.5 ? 0.05 : 0.5) / policy.costReferenceUsd
    let best = 0
    for (let llm = 1; llm < width; llm++) {
      const worth = (i: number) => estimates.mean[i]! - perUsd * (costs[row * width + i]! || 0)
      if (worth(llm) > worth(best)) best = llm
    }
    return best
  })
}

function logOf(rest: OutcomeData, rows: TrainingRows, chosen: readonly number[], random: SeededRandom): SavedRows {
  const width = rest.llms.length
  const only = (cells: Float64Array) =>
    cells.map((value, cell) => (chosen[Math.floor(cell / width)] === cell % width ? value : Number.NaN))
  const quality = only(rows.quality)
  const drawn = kind === 'thumbs' ? quality.map((q) => (Number.isNaN(q) ? q : Number(random.next() < q))) : quality
  const llms = rest.llms.map(({ id, price, base }) => ({ id, price, base }))
  const masked = {
    ...rows,
    quality: drawn,
    costUsd: only(rows.costUsd),
    inputTokens: only(rows.inputTokens),
    outputTokens: only(rows.outputTokens),
  }
  return packRows({ llms, rows: masked, groupOf: new Int32Array(rest.prompts.length) })
}

function areaOf(
  policy: FittedPolicy,
  live: RoutingPolicy | undefined,
  rows: TrainingRows,
  prices: readonly (Llm['price'] | undefined)[],
  pool: readonly Llm[],
): number {
  const width = pool.length
  const placeOf = policy.quality.llms.map((id) => pool.findIndex((llm) => llm.id === id))
  const quality = new Float64Array(rows.quality.length).fill(Number.NEGATIVE_INFINITY)
  const own = new Float64Array(policy.quality.llms.length)
  const estimates = newQualityEstimates(width)
  const costs = new Float64Array(rows.quality.length)
  predictCosts(policy.cost as never, rows, prices, [...rows.contexts.keys()], costs)
  rows.contexts.forEach((context, row) => {
    if (live === undefined) {
      policy.quality.predict(context, own)
      placeOf.forEach((llm, i) => {
        quality[row * width + llm] = own[i]!
      })
    } else {
      live.estimateQuality(context, pool, estimates)
      quality.set(estimates.mean.subarray(0, width), row * width)
    }
  })
  const meanCosts = pool.map((_, llm) => mean(rows.costUsd, width, (cell) => cell % width === llm))
  const maxCost = Math.max(...meanCosts)
  const cells = new Int32Array(rows.contexts.length)
  const points = Array.from(sweepCostWeights(), (weight) => {
    bestCells(quality, costs, width, weight / maxCost, cells)
    const known = [...cells].filter((cell) => cell !== -1 && !Number.isNaN(rows.quality[cell]! + rows.costUsd[cell]!))
    return {
      costUsd: known.reduce((sum, cell) => sum + rows.costUsd[cell]!, 0) / known.length,
      quality: known.reduce((sum, cell) => sum + rows.quality[cell]!, 0) / known.length,
    }
  })
  return Number(sweepArea(points, maxCost).toFixed(4))
}

function mean(cells: Float64Array, _width: number, isIn: (cell: number) => boolean): number {
  let sum = 0
  let count = 0
  cells.forEach((value, cell) => {
    if (!isIn(cell) || Number.isNaN(value)) return
    sum += value
    count++
  })
  return sum / Math.max(1, count)
}
