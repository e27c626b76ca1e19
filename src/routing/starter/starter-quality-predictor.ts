import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { ClusterMap } from '../prediction/cluster-map.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from '../prediction/quality-predictor.ts'
import { objectField, requireSnapshot, stringsField, vectorField } from '../prediction/snapshot-fields.ts'
import type { LlmId } from '../registry/llm.ts'

/** What is believed of the LLMs of a pool, in its order. */
export interface StarterBeliefs {
  readonly llms: readonly LlmId[]
  /** Logits. */
  readonly ability: Float64Array
  /** Deviation of `ability` from the truth, logits. */
  readonly deviation: Float64Array
}

/** q̂ = σ(ability + ease(x)) (mathematics §22). */
export class StarterQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #beliefs: StarterBeliefs
  readonly #map: ClusterMap
  readonly #ease = new Float64Array(1)

  /** @param map of one column, the ease of a request. Both are kept, not copied; one predictor serves one call at a time. */
  constructor(beliefs: StarterBeliefs, map: ClusterMap) {
    this.llms = beliefs.llms
    this.#beliefs = beliefs
    this.#map = map
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    const { ability, deviation } = this.#beliefs
    this.#map.predict(context, this.#ease)
    for (let i = 0; i < quality.length; i++) {
      const q = 1 / (1 + Math.exp(-(ability[i]! + this.#ease[0]!)))
      quality[i] = q
      if (uncertainty !== undefined) uncertainty[i] = deviation[i]! * q * (1 - q)
    }
  }

  snapshot(): QualityPredictorSnapshot {
    const { ability, deviation } = this.#beliefs
    const beliefs = { ability: ability.slice(), deviation: deviation.slice() }
    return { formatVersion: 1, kind: 'starter-quality', llms: this.llms, ...beliefs, map: this.#map.snapshot() }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): StarterQualityPredictor {
    const fields = requireSnapshot(data, 'starter-quality')
    const llms = stringsField(fields, 'llms')
    const beliefs = {
      llms,
      ability: vectorField(fields, 'ability', llms.length),
      deviation: vectorField(fields, 'deviation', llms.length),
    }
    return new StarterQualityPredictor(beliefs, ClusterMap.restore(objectField(fields, 'map')))
  }
}
