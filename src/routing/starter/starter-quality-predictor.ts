import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { ClusterMap } from '../prediction/cluster-map.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from '../prediction/quality-predictor.ts'
import {
  integersField,
  objectField,
  requireSnapshot,
  stringsField,
  vectorField,
} from '../prediction/snapshot-fields.ts'
import type { LlmId } from '../registry/llm.ts'

/** What is believed of the LLMs of a pool, in its order. */
export interface StarterBeliefs {
  readonly llms: readonly LlmId[]
  /** Logits. */
  readonly ability: Float64Array
  /** Deviation of `ability` from the truth, logits. */
  readonly deviation: Float64Array
  /** Column of the map with the LLM's own strengths, or −1. */
  readonly column: Int32Array
  /** How much of that column holds for it, [0, 1]. */
  readonly share: Float64Array
}

/** q̂ = σ(ability + ease(x) + share·strength(x)) (mathematics §22). */
export class StarterQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #beliefs: StarterBeliefs
  readonly #map: ClusterMap
  readonly #at: Float64Array

  /** @param map column 0 ease, then strengths. Both are kept, not copied; one predictor serves one call at a time. */
  constructor(beliefs: StarterBeliefs, map: ClusterMap) {
    this.llms = beliefs.llms
    this.#beliefs = beliefs
    this.#map = map
    this.#at = new Float64Array(map.columns)
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    const { ability, deviation, column, share } = this.#beliefs
    this.#map.predict(context, this.#at)
    for (let i = 0; i < quality.length; i++) {
      const strength = column[i]! < 0 ? 0 : share[i]! * this.#at[column[i]!]!
      const q = 1 / (1 + Math.exp(-(ability[i]! + this.#at[0]! + strength)))
      quality[i] = q
      if (uncertainty !== undefined) uncertainty[i] = deviation[i]! * q * (1 - q)
    }
  }

  snapshot(): QualityPredictorSnapshot {
    const { ability, deviation, column, share } = this.#beliefs
    const beliefs = {
      ability: ability.slice(),
      deviation: deviation.slice(),
      column: column.slice(),
      share: share.slice(),
    }
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
      column: integersField(fields, 'column', llms.length),
      share: vectorField(fields, 'share', llms.length),
    }
    return new StarterQualityPredictor(beliefs, ClusterMap.restore(objectField(fields, 'map')))
  }
}
