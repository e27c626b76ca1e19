import type { RoutingContext } from '../embedding/routing-context.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { NetworkQualityEnsemble } from './network-quality-ensemble.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { objectField, requireSnapshot, stringsField } from './snapshot-fields.ts'
import type { TrainingRows } from './training-rows.ts'

export interface MlpQualityOptions {
  /** Widths of the hidden layers. Default [64]. */
  readonly hidden?: readonly number[]
  /** At most. Default 40. */
  readonly epochs?: number
  /** Default 0.003. */
  readonly learningRate?: number
  /** Default 0.03. */
  readonly weightDecay?: number
  /** Rows per step. Default 64. */
  readonly batch?: number
  /** Networks averaged. Default 5. */
  readonly members?: number
  readonly seed: number
}

/** Multilayer perceptrons with one output per LLM: {@link NetworkQualityEnsemble} with ReLU layers (mathematics §12). */
export class MlpQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #ensemble: NetworkQualityEnsemble

  private constructor(llms: readonly LlmId[], ensemble: NetworkQualityEnsemble) {
    this.llms = llms
    this.#ensemble = ensemble
  }

  /** @param rows at least one. An LLM without labels gets the mean of all. */
  static fit(rows: TrainingRows, options: MlpQualityOptions): MlpQualityPredictor {
    const { hidden = [64], epochs = 40, learningRate = 0.003, weightDecay = 0.03, batch = 64, members = 5 } = options
    const training = { epochs, learningRate, weightDecay, batch, members, seed: options.seed }
    const ensemble = NetworkQualityEnsemble.fit(rows, { hidden, activation: 'relu' }, training)
    return new MlpQualityPredictor([...rows.llms], ensemble)
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    this.#ensemble.predict(context, quality, uncertainty)
  }

  snapshot(): QualityPredictorSnapshot {
    return { formatVersion: 1, kind: 'mlp', llms: this.llms, ensemble: this.#ensemble.snapshot() }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): MlpQualityPredictor {
    const fields = requireSnapshot(data, 'mlp')
    const ensemble = NetworkQualityEnsemble.restore(objectField(fields, 'ensemble'))
    return new MlpQualityPredictor(stringsField(fields, 'llms'), ensemble)
  }
}
