import type { PreparedData } from '../../evaluation-data.ts'
import { addJointFactorisation } from './joint-factorisation.ts'
import { addProbePolicies } from './probe-policies.ts'
import { addReferences } from './reference-policies.ts'
import { testPool } from './score-trial.ts'
import { sourceShiftRows } from './source-shift.ts'
import { TrialClusters } from './trial-clusters.ts'
import { readTrial } from './trial-data.ts'
import { measureRisk, type TrialRisk } from './trial-risk.ts'
import { type TrialRow, TrialRows } from './trial-rows.ts'
import { TrialUniversal } from './trial-universal.ts'
import { addFixedClusterCounts, addReadings, addStaticPool } from './trial-variants.ts'
import { addUniversal, addUniversalVariants } from './universal-rows.ts'
import { splitTrial } from './unseen-split.ts'

export interface TrialPlan {
  readonly seed: number
  /** Sizes of S_val, ascending. */
  readonly probes: readonly number[]
  readonly policies: readonly string[]
}

/** What one trial yields: plain JSON. */
export interface TrialOutput {
  /** Bases in the pool, as numbers out of {@link baseNumbers}. */
  readonly unseenBases: readonly number[]
  readonly trainPrompts: number
  readonly testPrompts: number
  readonly seenLlms: number
  readonly unseenLlms: number
  readonly maxCostUsd: number
  readonly rows: readonly TrialRow[]
  readonly risk: readonly TrialRisk[]
}

/** N_val at which everything that does not vary with it is measured: the largest up to 200. */
export function referenceProbes(probes: readonly number[]): number {
  return Math.max(...probes.filter((count) => count <= 200))
}

/** One random division of prompts and LLMs, all policies on it. Deterministic in its arguments. */
export async function runTrial(
  prepared: PreparedData,
  { seed, probes, policies }: TrialPlan,
  onProgress: (share: number) => void,
): Promise<TrialOutput> {
  const { data } = prepared
  const split = splitTrial(prepared, probes.at(-1)!, seed)
  const trial = await readTrial(data, split, seed)
  onProgress(0.25)
  const pool = testPool(trial.test)
  const reference = referenceProbes(probes)
  const rows = new TrialRows(pool, { wanted: policies, curveProbes: reference, seed })
  const clusters = new TrialClusters({
    seed,
    seenTrain: trial.seenTrain,
    probes: trial.probes.contexts,
    test: trial.test.contexts,
  })
  const universal = rows.wants('universal') ? await TrialUniversal.fit(trial) : undefined
  probes.forEach((count, index) => {
    addProbePolicies(rows, trial, clusters, count)
    addJointFactorisation(rows, trial, count)
    if (universal !== undefined) addUniversal(rows, trial, universal, count)
    onProgress(0.25 + (0.4 * (index + 1)) / probes.length)
  })
  addFixedClusterCounts(rows, trial, clusters, reference)
  addReadings(rows, trial, clusters, reference)
  if (universal !== undefined) addUniversalVariants(rows, trial, universal, reference)
  addStaticPool(rows, trial)
  onProgress(0.8)
  const forestQuality = addReferences(rows, trial)
  const numbers = baseNumbers(prepared)
  return {
    unseenBases: [...new Set(split.unseen.map((llm) => numbers[llm]!))],
    trainPrompts: split.train.length,
    testPrompts: split.test.length,
    seenLlms: split.seen.length,
    unseenLlms: split.unseen.length,
    maxCostUsd: pool.maxCostUsd,
    rows: [...rows.rows, ...sourceShiftRows(trial, policies)],
    risk: measureRisk(trial, clusters, forestQuality, reference),
  }
}

/** The number of each LLM's base, 0 … bases − 1, in order of first appearance. */
export function baseNumbers({ data }: PreparedData): number[] {
  const numbers = new Map<string, number>()
  return data.llms.map(({ base }) => {
    const known = numbers.get(base) ?? numbers.size
    numbers.set(base, known)
    return known
  })
}
