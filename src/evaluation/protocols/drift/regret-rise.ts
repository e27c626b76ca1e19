import type { Interval } from '../../evaluation-result.ts'
import { percentileInterval, studentInterval } from '../../metrics/interval.ts'
import type { DriftStream } from './drift-stream.ts'
import { beforeWindow, lateWindow, type Run } from './score-run.ts'

/** How much more one policy's regret rose than another's, per prompt; full information cancels. */
export interface RegretRise {
  /** Student's over orders, paired: whether it holds in other orders of these prompts. */
  readonly byOrder: Interval
  /** Bootstrapped over prompts: whether it holds for other prompts. */
  readonly byPrompt: Interval
}

interface WindowSums {
  /** Of the other's utility less the policy's, by place. */
  readonly behind: Float64Array
  readonly count: Float64Array
}

/**
 * Regret in prompts 300 to 600 after a change less that in the 300 before it, of one policy less another: what the change
 * cost it, whatever distance there was before.
 */
export class RegretRiseSums {
  readonly #placeOf: ReadonlyMap<number, number>
  readonly #before: WindowSums
  readonly #late: WindowSums
  readonly #byOrder: number[] = []

  /** @param placeOf place of each streamed row of the data set. */
  constructor(placeOf: ReadonlyMap<number, number>) {
    this.#placeOf = placeOf
    const empty = () => ({ behind: new Float64Array(placeOf.size), count: new Float64Array(placeOf.size) })
    this.#before = empty()
    this.#late = empty()
  }

  /** One order; left out where the stream is too short for the windows. */
  add(stream: DriftStream, run: Run, against: Run): void {
    if (stream.changeAt + beforeWindow[0] < 0 || stream.changeAt + lateWindow[1] > stream.length) return
    const late = this.#addWindow(this.#late, stream, run, against, lateWindow)
    this.#byOrder.push(late - this.#addWindow(this.#before, stream, run, against, beforeWindow))
  }

  /** @param weights of the prompts by place, one array per replicate. @returns undefined without an order. */
  rise(weights: readonly Float64Array[]): RegretRise | undefined {
    if (this.#byOrder.length === 0) return undefined
    const of = (weight: Float64Array) => weightedMean(this.#late, weight) - weightedMean(this.#before, weight)
    const even = new Float64Array(this.#placeOf.size).fill(1)
    return {
      byOrder: studentInterval(this.#byOrder),
      byPrompt: percentileInterval(of(even), weights.map(of)),
    }
  }

  #addWindow(
    { behind, count }: WindowSums,
    stream: DriftStream,
    run: Run,
    against: Run,
    [from, to]: readonly [number, number],
  ): number {
    let sum = 0
    for (let step = stream.changeAt + from; step < stream.changeAt + to; step++) {
      const place = this.#placeOf.get(stream.order[step]!)!
      const difference = against.utility[step]! - run.utility[step]!
      behind[place]! += difference
      count[place]!++
      sum += difference
    }
    return sum / (to - from)
  }
}

function weightedMean({ behind, count }: WindowSums, weight: Float64Array): number {
  let sum = 0
  let total = 0
  for (let i = 0; i < weight.length; i++) {
    sum += weight[i]! * behind[i]!
    total += weight[i]! * count[i]!
  }
  return sum / total
}
