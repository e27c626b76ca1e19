import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import type { DesignInteractions } from './design-vector.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { defaultRidgePenalty, RidgeMap } from './ridge-map.ts'
import { objectField, requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'
import { summariseColumns, type TrainingRows } from './training-rows.ts'

export interface RidgeQualityOptions {
  /** α > 0. Default 100. */
  readonly penalty?: number
  /** Default: none. */
  readonly interactions?: DesignInteractions | undefined
}

/**
 * One ridge regression per LLM on {@link DesignVector}, clipped to [0, 1]. Uncertainty is the standard error of the
 * regression surface, {@link RidgeMap.standardErrors}, at most the spread of the LLM's labels.
 */
export class RidgeQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #map: RidgeMap
  readonly #means: Float64Array
  readonly #deviations: Float64Array
  readonly #counts: Float64Array

  private constructor(llms: readonly LlmId[], map: RidgeMap, summary: ReturnType<typeof summariseColumns>) {
    this.llms = llms
    this.#map = map
    this.#means = summary.means
    this.#deviations = summary.deviations
    this.#counts = summary.counts
  }

  /** @param rows at least one. An LLM without labels gets the mean of all. */
  static fit(rows: TrainingRows, options: RidgeQualityOptions = {}): RidgeQualityPredictor {
    const columns = rows.llms.length
    const { penalty = defaultRidgePenalty, interactions } = options
    const map = RidgeMap.fit(rows.contexts, rows.quality, columns, penalty, interactions)
    return new RidgeQualityPredictor([...rows.llms], map, summariseColumns(rows.quality, columns))
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    this.#map.predict(context, quality)
    for (let llm = 0; llm < this.llms.length; llm++) {
      const value = this.#counts[llm]! === 0 ? this.#means[llm]! : quality[llm]!
      quality[llm] = Math.min(1, Math.max(0, value))
    }
    if (uncertainty === undefined) return
    this.#map.standardErrors(uncertainty)
    for (let llm = 0; llm < this.llms.length; llm++) {
      uncertainty[llm] = Math.min(uncertainty[llm]!, this.#deviations[llm]!)
    }
  }

  snapshot(): QualityPredictorSnapshot {
    return {
      formatVersion: 1,
      kind: 'ridge',
      llms: this.llms,
      map: this.#map.snapshot(),
      means: this.#means.slice(),
      deviations: this.#deviations.slice(),
      counts: this.#counts.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): RidgeQualityPredictor {
    const fields = requireSnapshot(data, 'ridge')
    const llms = stringsField(fields, 'llms')
    return new RidgeQualityPredictor(llms, RidgeMap.restore(objectField(fields, 'map')), {
      means: vectorField(fields, 'means', llms.length),
      deviations: vectorField(fields, 'deviations', llms.length),
      counts: vectorField(fields, 'counts', llms.length),
    })
  }
}
