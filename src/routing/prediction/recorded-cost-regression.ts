import type { RoutingContext } from '../embedding/routing-context.ts'
import type { SnapshotData } from '../policy-store.ts'
import { RidgeMap } from './ridge-map.ts'
import { objectField, requireSnapshot, vectorField } from './snapshot-fields.ts'
import type { TrainingRows } from './training-rows.ts'

/** Fewer known bills than this, and an LLM's cost is not regressed. */
export const fewestBills = 20

/**
 * Cost per LLM where only the bill was recorded (mathematics §9): ridge on log cost, exp(ŷ) rescaled so that its mean over
 * the training rows is the recorded mean. ŷ is held to the range seen in training.
 */
export class RecordedCostRegression {
  readonly #map: RidgeMap
  /** Recorded mean / mean exp(ŷ); NaN where too few bills were known. */
  readonly #scale: Float64Array
  readonly #low: Float64Array
  readonly #high: Float64Array
  readonly #meanUsd: Float64Array

  private constructor(
    map: RidgeMap,
    scale: Float64Array,
    low: Float64Array,
    high: Float64Array,
    meanUsd: Float64Array,
  ) {
    this.#map = map
    this.#scale = scale
    this.#low = low
    this.#high = high
    this.#meanUsd = meanUsd
  }

  /** @param rows at least one. Bills of zero count for the mean only; an LLM that was always free is predicted free. */
  static fit(rows: TrainingRows): RecordedCostRegression {
    const columns = rows.llms.length
    const logs = rows.costUsd.map((cost) => (cost > 0 ? Math.log(cost) : Number.NaN))
    const map = RidgeMap.fit(rows.contexts, logs, columns)
    const low = new Float64Array(columns).fill(Number.POSITIVE_INFINITY)
    const high = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY)
    for (let cell = 0; cell < logs.length; cell++) {
      if (Number.isNaN(logs[cell]!)) continue
      low[cell % columns] = Math.min(low[cell % columns]!, logs[cell]!)
      high[cell % columns] = Math.max(high[cell % columns]!, logs[cell]!)
    }
    const recorded = new Float64Array(columns)
    const predicted = new Float64Array(columns)
    const counts = new Float64Array(columns)
    const values = new Float64Array(columns)
    rows.contexts.forEach((context, row) => {
      map.predict(context, values)
      for (let llm = 0; llm < columns; llm++) {
        const cost = rows.costUsd[row * columns + llm]!
        if (Number.isNaN(cost)) continue
        recorded[llm]! += cost
        predicted[llm]! += held(values[llm]!, low[llm]!, high[llm]!)
        counts[llm]!++
      }
    })
    const scale = recorded.map((sum, llm) => {
      if (counts[llm]! < fewestBills) return Number.NaN
      return sum === 0 ? 0 : sum / predicted[llm]!
    })
    return new RecordedCostRegression(
      map,
      scale,
      low,
      high,
      recorded.map((sum, llm) => sum / counts[llm]!),
    )
  }

  /**
   * @param context one with an empty embedding gets the mean bill.
   * @param out receives USD per LLM, in the order of the training rows; NaN where too few bills were known.
   */
  predict(context: RoutingContext, out: Float64Array): void {
    const blind = context.embedding.length === 0
    if (!blind) this.#map.predict(context, out)
    for (let llm = 0; llm < this.#scale.length; llm++) {
      const scale = this.#scale[llm]!
      if (Number.isNaN(scale)) out[llm] = Number.NaN
      else if (blind) out[llm] = this.#meanUsd[llm]!
      else out[llm] = scale * held(out[llm]!, this.#low[llm]!, this.#high[llm]!)
    }
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'recorded-cost',
      map: this.#map.snapshot(),
      scale: this.#scale.slice(),
      low: this.#low.slice(),
      high: this.#high.slice(),
      meanUsd: this.#meanUsd.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): RecordedCostRegression {
    const fields = requireSnapshot(data, 'recorded-cost')
    const scale = vectorField(fields, 'scale')
    return new RecordedCostRegression(
      RidgeMap.restore(objectField(fields, 'map')),
      scale,
      vectorField(fields, 'low', scale.length),
      vectorField(fields, 'high', scale.length),
      vectorField(fields, 'meanUsd', scale.length),
    )
  }
}

/** exp of a value held to a range; 0 when the range is empty (no positive bill is known). */
function held(value: number, low: number, high: number): number {
  return low > high ? 0 : Math.exp(Math.min(high, Math.max(low, value)))
}
