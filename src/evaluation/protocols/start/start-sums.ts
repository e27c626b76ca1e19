import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import type { Measured } from '../stream/measured.ts'
import type { StartPlan } from './start-plan.ts'

/** Replicate weights of the test prompts by data row; the same for every figure, which pairs them. */
export function promptWeights({ prepared }: StartPlan): readonly Float64Array[] {
  const { groupOf, count } = prepared.groups
  return Array.from({ length: bootstrapReplicates }, (_, replicate) => bootstrapWeights(groupOf, count, replicate))
}

/** A figure summed by prompt and by order. */
export class StartSums {
  readonly #sums: Float64Array
  readonly #counts: Float64Array
  readonly #byOrder: number[] = []

  /** @param prompts of the whole data set. */
  constructor(prompts: number) {
    this.#sums = new Float64Array(prompts)
    this.#counts = new Float64Array(prompts)
  }

  /** @param rows prompts of one order's window, in its order. @param yieldOf what the step yielded. */
  addOrder(rows: Int32Array, yieldOf: (step: number, row: number) => number): void {
    let sum = 0
    rows.forEach((row, step) => {
      const value = yieldOf(step, row)
      this.#sums[row]! += value
      this.#counts[row]!++
      sum += value
    })
    this.#byOrder.push(sum / rows.length)
  }

  /** Mean over all that was added, with prompts resampled by `weights`. */
  measure(weights: readonly Float64Array[]): Measured {
    const ratio = (weight: Float64Array | undefined): number => {
      let sum = 0
      let count = 0
      for (let row = 0; row < this.#sums.length; row++) {
        const times = weight?.[row] ?? 1
        sum += times * this.#sums[row]!
        count += times * this.#counts[row]!
      }
      return sum / count
    }
    return {
      mean: ratio(undefined),
      replicates: Float64Array.from(weights, ratio),
      bySeed: Float64Array.from(this.#byOrder),
    }
  }
}
