import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { ClusterMap, type ClusterOptions } from './cluster-map.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { objectField, requireSnapshot, stringsField } from './snapshot-fields.ts'
import type { TrainingRows } from './training-rows.ts'

/** UniRoute's K-Means Ψ, shrunk and averaged over scales: {@link ClusterMap} on quality. */
export class ClusterQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #map: ClusterMap

  private constructor(llms: readonly LlmId[], map: ClusterMap) {
    this.llms = llms
    this.#map = map
  }

  /** @param rows at least one. An LLM without labels gets the mean of all. */
  static fit(rows: TrainingRows, options: ClusterOptions): ClusterQualityPredictor {
    const map = ClusterMap.fit(rows.contexts, rows.quality, rows.llms.length, options)
    return new ClusterQualityPredictor([...rows.llms], map)
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    this.#map.predict(context, quality)
    if (uncertainty !== undefined) this.#map.standardErrors(uncertainty)
    // Averaging the scales can overshoot 1 by a rounding error.
    for (let llm = 0; llm < quality.length; llm++) quality[llm] = Math.min(1, quality[llm]!)
  }

  snapshot(): QualityPredictorSnapshot {
    return { formatVersion: 1, kind: 'cluster', llms: this.llms, map: this.#map.snapshot() }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): ClusterQualityPredictor {
    const fields = requireSnapshot(data, 'cluster')
    return new ClusterQualityPredictor(stringsField(fields, 'llms'), ClusterMap.restore(objectField(fields, 'map')))
  }
}
