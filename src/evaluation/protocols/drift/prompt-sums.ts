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

/** Totals of a {@link PromptSums}, as they are and in each bootstrap replicate. */
export interface ResampledSums {
  readonly count: ResampledTotal
  readonly quality: ResampledTotal
  readonly utility: ResampledTotal
  readonly priced: ResampledTotal
}

export interface ResampledTotal {
  readonly total: number
  /** One per replicate. */
  readonly replicates: Float64Array
}

/** @param weights of the prompts by place, one array per replicate. */
export function resample(sums: PromptSums, weights: readonly Float64Array[]): ResampledSums {
  const of = (values: Float64Array): ResampledTotal => ({
    total: values.reduce((sum, value) => sum + value, 0),
    replicates: Float64Array.from(weights, (weight) => weightedSum(values, weight)),
  })
  return { count: of(sums.count), quality: of(sums.quality), utility: of(sums.utility), priced: of(sums.priced) }
}

/** a over b, and its 95 % interval over resampled prompts. */
export function bootstrapRatio(a: ResampledTotal, b: ResampledTotal): Interval {
  const replicates = a.replicates.map((value, replicate) => value / b.replicates[replicate]!)
  return percentileInterval(a.total / b.total, [...replicates])
}

/** Mean of a − b per prompt counted, with its interval and two-sided p over resampled prompts. */
export function bootstrapDifference(
  a: ResampledTotal,
  b: ResampledTotal,
  count: ResampledTotal,
): { readonly difference: Interval; readonly p: number } {
  const replicates = [...a.replicates].map(
    (value, replicate) => (value - b.replicates[replicate]!) / count.replicates[replicate]!,
  )
  return {
    difference: percentileInterval((a.total - b.total) / count.total, replicates),
    p: bootstrapPValue(replicates),
  }
}

function weightedSum(values: Float64Array, weight: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * weight[i]!
  return sum
}
