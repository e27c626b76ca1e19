import type { RoutingContext } from '../embedding/routing-context.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { NetworkQualityEnsemble } from './network-quality-ensemble.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { objectField, requireSnapshot, stringsField } from './snapshot-fields.ts'
import type { TrainingRows } from './training-rows.ts'

export interface MatrixFactorisationQualityOptions {
  /** r. Default 16. */
  readonly rank?: number
  /** At most. Default 40. */
  readonly epochs?: number
  /** Default 0.003. */
  readonly learningRate?: number
  /** Default 1. */
  readonly weightDecay?: number
  /** Rows per step. Default 64. */
  readonly batch?: number
  /** Factorisations averaged. Default 5. */
  readonly members?: number
  readonly seed: number
}

/**
 * q̂ = σ(w_mᵀ(P·x + c) + b_m): prompts and LLMs meet in r dimensions, as in the factorisations of RouteLLM
 * (arXiv:2406.18665) and EmbedLLM (arXiv:2410.02223). Trained as {@link NetworkQualityEnsemble}, without activation
 * (mathematics §12).
 *
 * Deviations: their δ = w₂ᵀ(v_m ⊙ (W₁ᵀv_q + b)) is the same family, w_m = w₂ ⊙ v_m; labels are outcomes in [0, 1], not
 * battles; x is {@link DesignVector}; rank and training are ours (they have 128 and 232 on far more data).
 */
export class MatrixFactorisationQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #ensemble: NetworkQualityEnsemble

  private constructor(llms: readonly LlmId[], ensemble: NetworkQualityEnsemble) {
    this.llms = llms
    this.#ensemble = ensemble
  }

  /** @param rows at least one. An LLM without labels gets the mean of all. */
  static fit(rows: TrainingRows, options: MatrixFactorisationQualityOptions): MatrixFactorisationQualityPredictor {
    const { rank = 16, epochs = 40, learningRate = 0.003, weightDecay = 1, batch = 64, members = 5 } = options
    const training = { epochs, learningRate, weightDecay, batch, members, seed: options.seed }
    const ensemble = NetworkQualityEnsemble.fit(rows, { hidden: [rank], activation: 'none' }, training)
    return new MatrixFactorisationQualityPredictor([...rows.llms], ensemble)
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    this.#ensemble.predict(context, quality, uncertainty)
  }

  snapshot(): QualityPredictorSnapshot {
    const ensemble = this.#ensemble.snapshot()
    return { formatVersion: 1, kind: 'matrix-factorisation', llms: this.llms, ensemble }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): MatrixFactorisationQualityPredictor {
    const fields = requireSnapshot(data, 'matrix-factorisation')
    const ensemble = NetworkQualityEnsemble.restore(objectField(fields, 'ensemble'))
    return new MatrixFactorisationQualityPredictor(stringsField(fields, 'llms'), ensemble)
  }
}
