import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { requireDimension } from '../../routing/errors.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from '../../routing/prediction/quality-predictor.ts'
import { summariseColumns } from '../../routing/prediction/training-rows.ts'
import type { LlmId } from '../../routing/registry/llm.ts'
import type { ClusterErrors } from './cluster-errors.ts'
import type { PromptMap } from './prompt-map.ts'

/** UniRoute's estimate as a predictor: q̂ = 1 − Φ(x)ᵀΨ(h) (arXiv:2502.08773, section 5). Restored from its parts only. */
export class UniRouteQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #map: PromptMap
  readonly #psi: ClusterErrors
  /** Of each LLM's labels. */
  readonly #deviations: Float64Array
  readonly #phi: Float64Array

  /** @param quality the labels Ψ comes from, row-major; for the spread. */
  constructor(llms: readonly LlmId[], map: PromptMap, psi: ClusterErrors, quality: Float64Array) {
    this.llms = llms
    this.#map = map
    this.#psi = psi
    this.#deviations = summariseColumns(quality, llms.length).deviations
    this.#phi = new Float64Array(map.clusters)
  }

  /** K. */
  get clusters(): number {
    return this.#map.clusters
  }

  /**
   * The uncertainty is σ_h·√(Σ_k Φ_k²/n_k), σ_h the deviation of the LLM's labels: the standard error of Ψ, with Φ taken as
   * known. Ours; the paper has none.
   */
  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    this.#map.write(context, this.#phi)
    const { errors, counts, clusters } = this.#psi
    const width = this.llms.length
    for (let llm = 0; llm < width; llm++) {
      let error = 0
      let variance = 0
      for (let k = 0; k < clusters; k++) {
        const weight = this.#phi[k]!
        error += weight * errors[k * width + llm]!
        variance += (weight * weight) / Math.max(1, counts[k * width + llm]!)
      }
      quality[llm] = Math.min(1, Math.max(0, 1 - error))
      if (uncertainty !== undefined) uncertainty[llm] = this.#deviations[llm]! * Math.sqrt(variance)
    }
  }

  snapshot(): QualityPredictorSnapshot {
    return {
      formatVersion: 1,
      kind: 'uniroute',
      llms: this.llms,
      map: this.#map.snapshot(),
      clusters: this.#psi.clusters,
      errors: this.#psi.errors.slice(),
      counts: this.#psi.counts.slice(),
      deviations: this.#deviations.slice(),
    }
  }
}
