import type { Interval } from '../../evaluation-result.ts'
import { percentileInterval } from '../../metrics/interval.ts'
import { drawSeeds } from '../../metrics/seed-draw.ts'
import type { PolicyName } from '../../policy-names.ts'
import { type PairMetrics, pairMetricNames } from './gap-recovery.ts'
import type { PairOutput, PairSlice } from './run-pair-unit.ts'

/** One policy on all test prompts or on one source, over all seeds. */
export interface JoinedSlice {
  readonly policy: PolicyName
  readonly source: string | null
  /** Test prompts, mean over seeds. */
  readonly prompts: number
  /**
   * Per metric: the mean over seeds, and of each bootstrap replicate that over the seeds it draws (NaN where a seed's had no gap to
   * recover).
   */
  readonly metrics: Readonly<
    Record<keyof PairMetrics, { readonly mean: number; readonly replicates: readonly number[] }>
  >
  /** PGR at `curveShares`. */
  readonly curve: readonly number[]
}

/** A larger share of replicates without a gap, and an interval of the others would be of another quantity. */
const mostWithoutGap = 0.05

/**
 * Joins seeds. A slice that a seed lacks (too few prompts, or no gap between the LLMs there) is left out, and named.
 *
 * @param outputs all units' of the plan, of which each holds some policies of one seed.
 */
export function joinSlices(
  outputs: readonly PairOutput[],
  seeds: number,
): { readonly slices: readonly JoinedSlice[]; readonly leftOut: readonly string[] } {
  const found = new Map<
    string,
    { readonly policy: PolicyName; readonly source: string | null; readonly of: PairSlice[] }
  >()
  for (const { policies } of outputs) {
    for (const { policy, slices } of policies) {
      for (const slice of slices) {
        const key = `${policy}\n${slice.source ?? ''}`
        const entry = found.get(key) ?? { policy, source: slice.source, of: [] }
        found.set(key, entry)
        entry.of.push(slice)
      }
    }
  }
  const leftOut = new Set<string>()
  const slices = [...found.values()].flatMap(({ policy, source, of }) => {
    if (of.length === seeds && of.every((slice) => slice.metrics.every((value) => value !== null))) {
      return [joinSeeds(policy, source, of)]
    }
    leftOut.add(source ?? 'all prompts')
    return []
  })
  return { slices, leftOut: [...leftOut] }
}

function joinSeeds(policy: PolicyName, source: string | null, of: readonly PairSlice[]): JoinedSlice {
  const metric = (index: number) => ({
    mean: mean(of.map((slice) => slice.metrics[index]!)),
    replicates: of[0]!.replicates[index]!.map((_, b) =>
      mean(drawSeeds(of.length, b).map((seed) => of[seed]!.replicates[index]![b] ?? Number.NaN)),
    ),
  })
  return {
    policy,
    source,
    prompts: mean(of.map((slice) => slice.prompts)),
    metrics: { apgr: metric(0), cpt50: metric(1), cpt80: metric(2) },
    curve: of[0]!.curve.map((_, i) => mean(of.map((slice) => slice.curve[i]!))),
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The metrics as `result.json` has them. */
export function intervalsOf({ metrics }: JoinedSlice): Record<string, Interval> {
  return Object.fromEntries(
    pairMetricNames.map((name) => [name, intervalOf(metrics[name].mean, metrics[name].replicates)]),
  )
}

/** Percentile interval; without ends where more than one replicate in twenty has no gap to recover. */
export function intervalOf(estimate: number, replicates: readonly number[]): Interval {
  const finite = replicates.filter(Number.isFinite)
  if (replicates.length - finite.length > mostWithoutGap * replicates.length)
    return { mean: estimate, low: null, high: null }
  return percentileInterval(estimate, finite)
}
