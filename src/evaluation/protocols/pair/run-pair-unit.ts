import type { OutcomeData } from '../../../outcomes/outcome-data.ts'
import { type PreparedData, prepareData } from '../../evaluation-data.ts'
import { EvaluationError } from '../../evaluation-error.ts'
import type { PolicyName } from '../../policy-names.ts'
import type { WorkerCache, WorkUnit } from '../../protocol.ts'
import { GapRecovery, type PairMetrics, pairMetricNames } from './gap-recovery.ts'
import { type PairCase, pairCase } from './pair-case.ts'
import { pairPolicies } from './pair-policies.ts'
import { strongLlm, weakLlm } from './pair-policy.ts'
import { shuffledApgr } from './shuffled-control.ts'

/** What a unit of the protocol is about. */
export interface PairUnitParameters {
  readonly seed: number
  /** Of `pairPolicies`; null for the reference rows. */
  readonly index: number | null
}

export interface PairOutput {
  /** Ids of the two LLMs. */
  readonly weak: string
  readonly strong: string
  readonly trainPrompts: number
  readonly testPrompts: number
  readonly policies: readonly PolicyOutput[]
  /** APGR of fits on shuffled labels, with the references; null where there is no gap to recover. */
  readonly shuffled: readonly (number | null)[]
  /** Fit and prediction. */
  readonly seconds: number
}

export interface PolicyOutput {
  readonly policy: PolicyName
  readonly slices: readonly PairSlice[]
}

/** One policy on all test prompts, or on those of one source. */
export interface PairSlice {
  /** Null for all. */
  readonly source: string | null
  readonly prompts: number
  /** In the order of `pairMetricNames`; null where there is no gap to recover. */
  readonly metrics: readonly (number | null)[]
  /** Metrics × bootstrap replicates. */
  readonly replicates: readonly (readonly (number | null)[])[]
  /** PGR at {@link curveShares}; empty where there is no gap. */
  readonly curve: readonly number[]
}

/** Shares of strong calls that the figure shows. */
export const curveShares: readonly number[] = Array.from({ length: 21 }, (_, i) => i / 20)

/** Fewer test prompts, and a source has no row of its own. */
const fewestOfSource = 20

/** Sources with rows of their own, the largest of the test prompts. */
const mostSources = 8

export async function runPairUnit(
  data: OutcomeData,
  unit: WorkUnit,
  cache: WorkerCache,
  onProgress: (share: number) => void,
): Promise<PairOutput> {
  const { seed, index } = unit.parameters as unknown as PairUnitParameters
  const prepared = await cache.get('pair-data', data.name, () => preparePair(data))
  const shared = await cache.get('pair-case', `${data.name} ${seed}`, () => pairCase(prepared, seed))
  onProgress(0.2)
  const start = performance.now()
  const gains = index === null ? referenceGains(shared) : await fittedGains(index, shared)
  const seconds = (performance.now() - start) / 1000
  onProgress(0.9)
  const { training, test } = shared
  return {
    weak: training.data.llms[weakLlm]!.id,
    strong: training.data.llms[strongLlm]!.id,
    trainPrompts: training.rows.contexts.length,
    testPrompts: test.weak.length,
    shuffled: index === null ? shuffledApgr(shared).map(rounded) : [],
    policies: gains.map(([policy, values]) => ({ policy, slices: slicesOf(values, shared) })),
    seconds,
  }
}

/** Costs matter where the cheapest of more than two LLMs has to be found, and nowhere else. */
export function preparePair(data: OutcomeData): PreparedData {
  return prepareData(data, { cost: data.llms.length > 2, complete: true })
}

type NamedGains = readonly (readonly [PolicyName, Float64Array])[]

async function fittedGains(index: number, { training, prompts }: PairCase): Promise<NamedGains> {
  const policy = pairPolicies[index]!
  const found = await policy.gains(training, prompts)
  return policy.names.map((name, i) => {
    const values = found[i]!
    if (values.length !== prompts.contexts.length || !values.every(Number.isFinite)) {
      throw new EvaluationError('worker_failed', `${name} does not give every prompt a finite gain`)
    }
    return [name, values] as const
  })
}

/** Marks of the scale, in the order of the tables. */
export const pairReferences = ['random', 'prompt-length', 'task-oracle', 'oracle'] as const

/**
 * `random` as its expectation; `prompt-length` with the longest prompts for the strong LLM; `task-oracle` by the mean
 * gain of each source over the test prompts themselves; `oracle` by each prompt's own.
 */
function referenceGains({ prompts, test }: PairCase): NamedGains {
  const gains = test.strong.map((quality, prompt) => quality - test.weak[prompt]!)
  const values: Readonly<Record<(typeof pairReferences)[number], Float64Array>> = {
    random: new Float64Array(gains.length),
    'prompt-length': Float64Array.from(prompts.texts, (text) => text.length),
    'task-oracle': taskMeans(gains, test.tasks),
    oracle: gains,
  }
  return pairReferences.map((name) => [name, values[name]] as const)
}

function taskMeans(gains: Float64Array, tasks: readonly string[]): Float64Array {
  const sums = new Map<string, { sum: number; count: number }>()
  tasks.forEach((task, prompt) => {
    const entry = sums.get(task) ?? { sum: 0, count: 0 }
    sums.set(task, { sum: entry.sum + gains[prompt]!, count: entry.count + 1 })
  })
  return Float64Array.from(tasks, (task) => sums.get(task)!.sum / sums.get(task)!.count)
}

function slicesOf(gains: Float64Array, { test }: PairCase): PairSlice[] {
  const counts = new Map<string, number>()
  for (const source of test.sources) counts.set(source, (counts.get(source) ?? 0) + 1)
  const sources = [...counts]
    .filter(([, count]) => count >= fewestOfSource)
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .slice(0, mostSources)
    .map(([source]) => source)
  const slices: (string | null)[] = counts.size > 1 ? [null, ...sources] : [null]
  return slices.map((source) => {
    const rows = [...gains.keys()].filter((row) => source === null || test.sources[row] === source)
    const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!)
    const recovery = new GapRecovery(pick(gains), pick(test.weak), pick(test.strong))
    const replicates = test.weights.map((weights) => recovery.metrics(Uint8Array.from(rows, (row) => weights[row]!)))
    return {
      source,
      prompts: rows.length,
      metrics: valuesOf(recovery.metrics()),
      replicates: pairMetricNames.map((name) => replicates.map((metrics) => rounded(metrics[name]))),
      curve: (recovery.curve(curveShares) ?? []).map((value) => rounded(value)!),
    }
  })
}

function valuesOf(metrics: PairMetrics): (number | null)[] {
  return pairMetricNames.map((name) => rounded(metrics[name]))
}

/** To six decimals: results are kept as JSON. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 : null
}
