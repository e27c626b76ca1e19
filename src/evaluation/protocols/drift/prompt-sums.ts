import type { Interval } from '../../evaluation-result.ts'
import { bootstrapPValue, percentileInterval } from '../../metrics/interval.ts'
import { twoSidedStudentP } from '../../metrics/student-tail.ts'
import type { DriftStream } from './drift-stream.ts'
import type { Run } from './score-run.ts'

/** What each prompt yielded under one policy, summed over the orders in which it came after the change. Shape [prompts]. */
export class PromptSums {
  /** Orders in which it came after the change. */
  readonly count: Float64Array
  readonly quality: Float64Array
  readonly utility: Float64Array
  /** Utility less the bill at the full-information router's ν, which is solved on the whole stream: over all of it. */
  readonly priced: Float64Array
  /** Orders in which it came at all. */
  readonly pricedCount: Float64Array
  readonly #placeOf: ReadonlyMap<number, number>

  /** @param placeOf place of each streamed row of the data set. */
  constructor(placeOf: ReadonlyMap<number, number>) {
    this.#placeOf = placeOf
    this.count = new Float64Array(placeOf.size)
    this.quality = new Float64Array(placeOf.size)
    this.utility = new Float64Array(placeOf.size)
    this.priced = new Float64Array(placeOf.size)
    this.pricedCount = new Float64Array(placeOf.size)
  }

  /** @param priceUsd ν/C_ref, quality per USD. */
  add(stream: DriftStream, run: Run, priceUsd: number): void {
    for (let step = 0; step < stream.length; step++) {
      const place = this.#placeOf.get(stream.order[step]!)!
      this.pricedCount[place]!++
      this.priced[place]! += run.utility[step]! - priceUsd * run.costUsd[step]!
      if (step < stream.changeAt) continue
      this.count[place]!++
      this.quality[place]! += run.quality[step]!
      this.utility[place]! += run.utility[step]!
    }
  }
}

/** Totals of a {@link PromptSums}, as they are and in each bootstrap replicate. */
export interface ResampledSums {
  readonly count: ResampledTotal
  readonly quality: ResampledTotal
  readonly utility: ResampledTotal
  readonly priced: ResampledTotal
  readonly pricedCount: ResampledTotal
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
  return {
    count: of(sums.count),
    quality: of(sums.quality),
    utility: of(sums.utility),
    priced: of(sums.priced),
    pricedCount: of(sums.pricedCount),
  }
}

/** a over b, and its 95 % interval over resampled prompts. */
export function bootstrapRatio(a: ResampledTotal, b: ResampledTotal): Interval {
  const replicates = a.replicates.map((value, replicate) => value / b.replicates[replicate]!)
  return percentileInterval(a.total / b.total, [...replicates])
}

/**
 * Mean of a − b per prompt counted, with its percentile interval over resampled prompts, and the two-sided p of the mean over
 * its bootstrap standard error (Student's t with a degree of freedom per replicate, which is all but normal). A share of
 * replicates beyond 0 would be no less than 2/1,001, which cannot pass Holm's correction over many comparisons.
 */
export function bootstrapDifference(
  a: ResampledTotal,
  b: ResampledTotal,
  count: ResampledTotal,
): { readonly difference: Interval; readonly p: number } {
  const replicates = [...a.replicates].map(
    (value, replicate) => (value - b.replicates[replicate]!) / count.replicates[replicate]!,
  )
  const mean = (a.total - b.total) / count.total
  return { difference: percentileInterval(mean, replicates), p: pValue(mean, replicates) }
}

function pValue(mean: number, replicates: readonly number[]): number {
  const n = replicates.length
  const centre = replicates.reduce((sum, value) => sum + value, 0) / n
  const variance = replicates.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1)
  return variance > 0 ? twoSidedStudentP(mean / Math.sqrt(variance), n - 1) : bootstrapPValue(replicates)
}

function weightedSum(values: Float64Array, weight: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! * weight[i]!
  return sum
}
