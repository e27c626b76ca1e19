import type { Interval } from '../../evaluation-result.ts'
import { bootstrapPValue, percentileInterval } from '../../metrics/interval.ts'
import type { DriftStream } from './drift-stream.ts'
import type { Run } from './score-run.ts'

/** What each prompt yielded under one policy, summed over the orders in which it came after the change. Shape [prompts]. */
export class PromptSums {
  readonly count: Float64Array
  readonly quality: Float64Array
  readonly utility: Float64Array
  /** Utility less the bill at the full-information router's ν; the utility itself without a budget. */
  readonly priced: Float64Array
  readonly #placeOf: ReadonlyMap<number, number>

  /** @param placeOf place of each streamed row of the data set. */
  constructor(placeOf: ReadonlyMap<number, number>) {
    this.#placeOf = placeOf
    this.count = new Float64Array(placeOf.size)
    this.quality = new Float64Array(placeOf.size)
    this.utility = new Float64Array(placeOf.size)
    this.priced = new Float64Array(placeOf.size)
  }

  /** @param priceUsd ν/C_ref, quality per USD. */
  add(stream: DriftStream, run: Run, priceUsd: number): void {
    for (let step = stream.changeAt; step < stream.length; step++) {
      const place = this.#placeOf.get(stream.order[step]!)!
      this.count[place]!++
      this.quality[place]! += run.quality[step]!
      this.utility[place]! += run.utility[step]!
      this.priced[place]! += run.utility[step]! - priceUsd * run.costUsd[step]!
    }
  }
}

/** Σ a over Σ b, and its 95 % interval over resampled prompts. @param weights of the prompts, one array per replicate. */
export function bootstrapRatio(a: Float64Array, b: Float64Array, weights: readonly Float64Array[]): Interval {
  const replicates = weights.map((weight) => weightedSum(a, weight) / weightedSum(b, weight))
  return percentileInterval(sumOf(a) / sumOf(b), replicates)
}

/** Mean of a − b per prompt counted, with its interval and two-sided p over resampled prompts. */
export function bootstrapDifference(
  a: Float64Array,
  b: Float64Array,
  count: Float64Array,
  weights: readonly Float64Array[],
): { readonly difference: Interval; readonly p: number } {
  const gaps = a.map((value, place) => value - b[place]!)
  const replicates = weights.map((weight) => weightedSum(gaps, weight) / weightedSum(count, weight))
  return {
    difference: percentileInterval(sumOf(gaps) / sumOf(count), replicates),
    p: bootstrapPValue(replicates),
  }
}

function weightedSum(values: Float64Array, weight: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * weight[i]!
  return sum
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}
