import { type OutcomeData, selectRows } from '../../src/outcomes/outcome-data.ts'
import { sweepCostWeights } from '../../src/routing/decision/cost-quality-hull.ts'
import { SeededRandom } from '../../src/routing/numeric/random-source.ts'
import type { TrainingRows } from '../../src/routing/prediction/training-rows.ts'
import type { Llm } from '../../src/routing/registry/llm.ts'
import { newQualityEstimates, type RoutingPolicy } from '../../src/routing/routing-policy.ts'
import { bestCells } from '../../src/training/best-cells.ts'
import type { RowLlm } from '../../src/training/fit-rows.ts'
import { predictCosts } from '../../src/training/predict-costs.ts'
import { packRows, type SavedRows } from '../../src/training/saved-rows.ts'
import { sweepArea } from '../../src/training/sweep-area.ts'

/** How traffic differs from the base rows: not at all; they are of some tasks only; their best LLM has got worse by .2 since. */
export type Shift = 'none' | 'tasks' | 'level'

export interface Division {
  readonly base: OutcomeData
  readonly rest: OutcomeData
  readonly test: OutcomeData
}

const trainingShare = 0.7
const drop = 0.2

/**
 * Seven tenths of the prompts for training, near-duplicates on one side; of those `share` are base rows. With `tasks` as many, of tasks drawn until they
 * make up half of the training prompts.
 */
export function divide(data: OutcomeData, groupOf: Int32Array, share: number, shift: Shift, seed: number): Division {
  const random = new SeededRandom(1000 + seed)
  const side = new Map<number, number>()
  for (const group of groupOf) if (!side.has(group)) side.set(group, random.next())
  const sideOf = (row: number): number => side.get(groupOf[row]!)!
  const rows = data.prompts.map((_, row) => row)
  const training = rows.filter((row) => sideOf(row) < trainingShare)
  const first = training.filter((row) => sideOf(row) < trainingShare * share)
  const base = shift === 'tasks' ? ofSomeTasks(data, training, first.length, sideOf, seed) : first
  const isBase = new Set(base)
  const rest = shuffled(
    training.filter((row) => !isBase.has(row)),
    new SeededRandom(7000 + seed),
  )
  const test = rows.filter((row) => sideOf(row) >= trainingShare)
  return { base: selectRows(data, base), rest: selectRows(data, rest), test: selectRows(data, test) }
}

function ofSomeTasks(
  { prompts }: OutcomeData,
  training: readonly number[],
  count: number,
  sideOf: (row: number) => number,
  seed: number,
): number[] {
  const tasks = shuffled([...new Set(prompts.map(({ source }) => source))].sort(), new SeededRandom(5000 + seed))
  const kept = new Set<string>()
  const inside = () => training.filter((row) => kept.has(prompts[row]!.source))
  for (const task of tasks.slice(0, -1)) {
    if (inside().length >= training.length / 2) break
    kept.add(task)
  }
  return inside()
    .sort((a, b) => sideOf(a) - sideOf(b))
    .slice(0, count)
}

function shuffled<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  const keyed = items.map((item) => [random.next(), item] as const)
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item)
}

/** The LLM that was best on the base rows, worse by .2 and not below 0. */
export function worsened(rows: TrainingRows, base: TrainingRows): TrainingRows {
  const width = rows.llms.length
  const means = base.llms.map((_, llm) => mean(base.quality, (cell) => cell % width === llm))
  const best = means.indexOf(Math.max(...means))
  return { ...rows, quality: rows.quality.map((q, cell) => (cell % width === best ? Math.max(0, q - drop) : q)) }
}

/** By the policy at two trade-offs, one in ten at random. @returns by row the place of the LLM. */
export function choose(
  policy: RoutingPolicy,
  rows: TrainingRows,
  pool: readonly Llm[],
  random: SeededRandom,
): number[] {
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

/** Of every row the chosen cell alone; a thumb is drawn from its quality. */
export function logOf(
  { llms, rows, kind }: { readonly llms: readonly RowLlm[]; readonly rows: TrainingRows; readonly kind: string },
  chosen: readonly number[],
  random: SeededRandom,
): SavedRows {
  const width = llms.length
  const only = (cells: Float64Array) =>
    cells.map((value, cell) => (chosen[Math.floor(cell / width)] === cell % width ? value : Number.NaN))
  const quality = only(rows.quality)
  const drawn = kind === 'thumbs' ? quality.map((q) => (Number.isNaN(q) ? q : Number(random.next() < q))) : quality
  const masked = {
    ...rows,
    quality: drawn,
    costUsd: only(rows.costUsd),
    inputTokens: only(rows.inputTokens),
    outputTokens: only(rows.outputTokens),
  }
  return packRows({ llms, rows: masked, groupOf: new Int32Array(rows.contexts.length) })
}

/** Under the sweep on held-out rows, of what serves: the version with what was learned since. */
export function areaOf(live: RoutingPolicy, rows: TrainingRows, pool: readonly Llm[]): number {
  const width = pool.length
  const quality = new Float64Array(rows.quality.length)
  const estimates = newQualityEstimates(width)
  const costs = new Float64Array(rows.quality.length)
  predictCosts(
    live.fitted!.cost as never,
    rows,
    pool.map((llm) => llm.price),
    [...rows.contexts.keys()],
    costs,
  )
  rows.contexts.forEach((context, row) => {
    live.estimateQuality(context, pool, estimates)
    quality.set(estimates.mean.subarray(0, width), row * width)
  })
  const meanCosts = pool.map((_, llm) => mean(rows.costUsd, (cell) => cell % width === llm))
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

function mean(cells: Float64Array, isIn: (cell: number) => boolean): number {
  let sum = 0
  let count = 0
  cells.forEach((value, cell) => {
    if (!isIn(cell) || Number.isNaN(value)) return
    sum += value
    count++
  })
  return sum / Math.max(1, count)
}
