/**
 * Which prompts place an LLM? Every base is held out once (in folds of bases), the rest fitted on 70 % of the prompts; each held-out LLM is
 * described by N of those prompts, chosen in different ways by the outcomes of the rest, and asked about the other 30 %.
 * Per way and N: error of the predicted mean quality, its bias by level, error per prompt, and the area of routing among the held-out LLMs.
 *
 * Run: npm exec -- node test/replay/probe-choice.ts SET [folds] [draws]
 */

import { usableLlms } from '../../src/evaluation/usable-llms.ts'
import { deduplicate } from '../../src/outcomes/deduplicate.ts'
import { type OutcomeData, selectLlms, selectRows } from '../../src/outcomes/outcome-data.ts'
import { promptGroups } from '../../src/outcomes/prompt-groups.ts'
import { readOutcomeData } from '../../src/outcomes/read-outcome-data.ts'
import { splitByGroup } from '../../src/outcomes/split.ts'
import { chooseProbes } from '../../src/probing/choose-probes.ts'
import type { RoutingContext } from '../../src/routing/embedding/routing-context.ts'
import { SeededRandom, shuffle } from '../../src/routing/numeric/random-source.ts'
import { withDescribedLlm } from '../../src/routing/prediction/universal/described-policy.ts'
import { fitContexts } from '../../src/training/fit-contexts.ts'
import { fitPolicy } from '../../src/training/fit-policy.ts'
import { sweepArea } from '../../src/training/sweep-area.ts'
import { dataFolder } from './recorded-pool.ts'

const set = process.argv[2] ?? 'zeroeval'
const folds = Number(process.argv[3] ?? 5)
const draws = Number(process.argv[4] ?? 5)
const counts = [50, 100, 200]
const ways = ['random', 'disputed', 'stratified', 'τ = 0', 'τ = 0.1', 'τ = 0.3', 'τ = 1'] as const

interface Tally {
  readonly levelErrors: number[]
  /** Of the raw mean of the labels. */
  readonly rawErrors: number[]
  /** (true level − mean level, signed error): their slope is the bias. */
  readonly slopes: { readonly from: number; readonly error: number }[]
  readonly squaredErrors: number[]
  readonly areas: number[]
}

const source = deduplicate(await readOutcomeData(dataFolder(set)))
const usable = usableLlms(source, { cost: true, complete: true })
const data = selectLlms(selectRows(source, usable.rows), usable.llms)
const { groupOf } = promptGroups(data.prompts)
const groups = new Map(data.prompts.map((prompt, row) => [prompt.id, String(groupOf[row])]))
const { first: train, second: test } = splitByGroup(data, 0.7, 1, (prompt) => groups.get(prompt.id)!)
const bases = [...new Set(data.llms.map((llm) => llm.base))]
const order = Int32Array.from(bases.keys())
shuffle(order, new SeededRandom(3))
const tallies = new Map(counts.map((n) => [n, new Map(ways.map((way) => [way, emptyTally()]))]))
console.log(
  `${set}: ${data.llms.length} LLMs of ${bases.length} bases, ${train.prompts.length} + ${test.prompts.length} prompts`,
)

for (let fold = 0; fold < folds; fold++) {
  const held = new Set([...order].filter((_, place) => place % folds === fold).map((index) => bases[index]!))
  await playFold(held)
  console.error(`fold ${fold + 1} of ${folds}: ${[...held].join(', ')}`)
}
report()

async function playFold(held: ReadonlySet<string>): Promise<void> {
  const inside = data.llms.flatMap((llm, index) => (held.has(llm.base) ? [] : [index]))
  const outside = data.llms.flatMap((llm, index) => (held.has(llm.base) ? [index] : []))
  const pool = selectLlms(train, inside)
  const { policy, embedder } = await fitPolicy(pool, { seed: 1, now: 0 })
  const contexts = await fitContexts(embedder, train.prompts)
  const asked = await fitContexts(embedder, test.prompts)
  const known = policy.universal!.llms.map((id) => pool.llms.findIndex((llm) => llm.id === id))
  for (const n of counts) {
    for (const way of ways) {
      for (let draw = 1; draw <= draws; draw++) {
        const rows = pick(way, { contexts, quality: pool.quality, llms: inside.length }, n, draw)
        const probes = selectRows(train, rows)
        const anchors = selectLlms(selectLlms(probes, inside), known).quality
        const place = { contexts: rows.map((row) => contexts[row]!), anchors }
        playDraw({ policy, probes, place, asked, outside, tally: tallies.get(n)!.get(way)! })
      }
    }
  }
}

interface Draw {
  readonly policy: Awaited<ReturnType<typeof fitPolicy>>['policy']
  readonly probes: OutcomeData
  readonly place: { readonly contexts: readonly RoutingContext[]; readonly anchors: Float64Array }
  readonly asked: readonly RoutingContext[]
  readonly outside: readonly number[]
  readonly tally: Tally
}

function playDraw({ policy, probes, place, asked, outside, tally }: Draw): void {
  const width = data.llms.length
  const predicted = new Float64Array(asked.length * outside.length)
  const meanLevel = mean(policy.llms.map((llm) => llm.meanQuality ?? 0))
  outside.forEach((llm, column) => {
    const own = selectLlms(probes, [llm])
    const described = withDescribedLlm(
      policy,
      data.llms[llm]!,
      { ...place, quality: own.quality, costUsd: own.costUsd },
      { id: 'described', createdAtMs: 0 },
    )
    const at = described.quality.llms.indexOf(data.llms[llm]!.id)
    const one = new Float64Array(described.quality.llms.length)
    let truth = 0
    let estimate = 0
    asked.forEach((context, row) => {
      described.quality.predict(context, one)
      predicted[row * outside.length + column] = one[at]!
      const label = test.quality[row * width + llm]!
      truth += label / asked.length
      estimate += one[at]! / asked.length
      tally.squaredErrors.push((label - one[at]!) ** 2)
    })
    tally.levelErrors.push(Math.abs(estimate - truth))
    tally.rawErrors.push(Math.abs(mean([...own.quality]) - truth))
    tally.slopes.push({ from: truth - meanLevel, error: estimate - truth })
  })
  tally.areas.push(area(predicted, outside))
}

/** Routing among the held-out LLMs, at their mean costs on the training prompts. */
function area(predicted: Float64Array, llms: readonly number[]): number {
  const costs = llms.map((llm) => mean([...selectLlms(train, [llm]).costUsd]))
  const dearest = Math.max(...costs)
  const width = data.llms.length
  const weights = [0, ...Array.from({ length: 60 }, (_, step) => 10 ** (-4 + (6.5 * step) / 59))]
  const points = weights.map((weight) => {
    const point = { quality: 0, costUsd: 0 }
    for (let row = 0; row < test.prompts.length; row++) {
      let best = 0
      for (let i = 1; i < llms.length; i++) {
        const value = (index: number) => predicted[row * llms.length + index]! - (weight * costs[index]!) / dearest
        if (value(i) > value(best)) best = i
      }
      point.quality += test.quality[row * width + llms[best]!]! / test.prompts.length
      point.costUsd += costs[best]! / test.prompts.length
    }
    return point
  })
  return sweepArea(points, dearest)
}

function pick(
  way: string,
  candidates: Parameters<typeof chooseProbes>[0],
  count: number,
  seed: number,
): readonly number[] {
  if (way === 'random') {
    const rows = Int32Array.from(candidates.contexts.keys())
    shuffle(rows, new SeededRandom(seed))
    return [...rows.subarray(0, count)]
  }
  if (way === 'disputed') return mostDisputed(candidates, count, seed)
  const informationWorth = way === 'stratified' ? 0 : Number(way.slice(4))
  const swapsPerProbe = way === 'stratified' ? 0 : undefined
  return chooseProbes(candidates, {
    count,
    seed,
    informationWorth,
    ...(swapsPerProbe === undefined ? {} : { swapsPerProbe }),
  }).rows
}

/** By p(1 − p), of four times as many at random. */
function mostDisputed(
  { contexts, quality, llms }: Parameters<typeof chooseProbes>[0],
  count: number,
  seed: number,
): number[] {
  const rows = Int32Array.from(contexts.keys())
  shuffle(rows, new SeededRandom(seed))
  const dispute = (row: number) => {
    const p = mean([...quality.subarray(row * llms, (row + 1) * llms)])
    return p * (1 - p)
  }
  return [...rows.subarray(0, 4 * count)].sort((a, b) => dispute(b) - dispute(a)).slice(0, count)
}

function report(): void {
  const titles = ['probes', 'way', 'level', 'raw level', 'bias', 'rmse', 'area', '± (to random)']
  console.log(titles.map((title, i) => title.padStart(i < 2 ? 12 : 15)).join(''))
  for (const [n, byWay] of tallies) {
    const baseline = byWay.get('random')!
    for (const [way, tally] of byWay) {
      const differences = tally.areas.map((value, i) => value - baseline.areas[i]!)
      const cells = [
        mean(tally.levelErrors).toFixed(4),
        mean(tally.rawErrors).toFixed(4),
        slope(tally.slopes).toFixed(3),
        Math.sqrt(mean(tally.squaredErrors)).toFixed(4),
        mean(tally.areas).toFixed(4),
        `${mean(differences).toFixed(4)} ±${deviationOfMean(differences).toFixed(4)}`,
      ]
      console.log([String(n).padStart(12), way.padStart(12), ...cells.map((cell) => cell.padStart(15))].join(''))
    }
  }
}

function emptyTally(): Tally {
  return { levelErrors: [], rawErrors: [], slopes: [], squaredErrors: [], areas: [] }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of the error on how far the LLM is from the mean one: > 0 exaggerates. */
function slope(points: Tally['slopes']): number {
  const from = mean(points.map((point) => point.from))
  const top = points.reduce((sum, point) => sum + (point.from - from) * point.error, 0)
  return top / points.reduce((sum, point) => sum + (point.from - from) ** 2, 0)
}

function deviationOfMean(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1) / values.length)
}
