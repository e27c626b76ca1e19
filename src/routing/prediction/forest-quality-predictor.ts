import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import { RegressionForest } from '../numeric/regression-forest.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { DesignVector } from './design-vector.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { objectField, requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'
import { type ColumnSummary, summariseColumns, type TrainingRows } from './training-rows.ts'

export interface ForestQualityOptions {
  /** Default 100. */
  readonly trees?: number
  /** Fewest distinct prompts in a leaf. Default 5. */
  readonly leaf?: number
  /** Share of the features that each split looks at. Default 0.3. */
  readonly featureShare?: number
  /** Rows that each tree draws at most. Default: as many as there are. */
  readonly maxDraws?: number
  readonly seed: number
}

/**
 * {@link RegressionForest} on {@link DesignVector}, all LLMs at once (mathematics §12). Uncertainty is the spread over the
 * trees, at least the standard error of the LLM's mean: leaves hold about as many labels however many rows there are,
 * so that it falls with the disagreement of the trees and not with 1/√rows.
 */
export class ForestQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #design: DesignVector
  readonly #forest: RegressionForest
  readonly #summary: ColumnSummary
  readonly #x: Float64Array

  private constructor(llms: readonly LlmId[], design: DesignVector, forest: RegressionForest, summary: ColumnSummary) {
    this.llms = llms
    this.#design = design
    this.#forest = forest
    this.#summary = summary
    this.#x = new Float64Array(design.dimension)
  }

  /** @param rows at least one. An LLM without labels gets the mean of all. */
  static fit(rows: TrainingRows, options: ForestQualityOptions): ForestQualityPredictor {
    const design = DesignVector.fit(rows.contexts)
    const width = rows.llms.length
    const forest = RegressionForest.fit(design.matrix(rows.contexts), design.dimension, rows.quality, width, options)
    return new ForestQualityPredictor([...rows.llms], design, forest, summariseColumns(rows.quality, width))
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    this.#design.write(context, this.#x)
    this.#forest.predict(this.#x, quality, uncertainty)
    const { means, deviations, counts } = this.#summary
    for (let llm = 0; llm < this.llms.length; llm++) {
      quality[llm] = counts[llm]! === 0 ? means[llm]! : Math.min(1, Math.max(0, quality[llm]!))
      if (uncertainty === undefined) continue
      const least = Math.max(smallestDeviation, deviations[llm]!) / Math.sqrt(Math.max(1, counts[llm]!))
      uncertainty[llm] = Math.max(uncertainty[llm]!, least)
    }
  }

  snapshot(): QualityPredictorSnapshot {
    return {
      formatVersion: 1,
      kind: 'forest',
      llms: this.llms,
      design: this.#design.snapshot(),
      forest: this.#forest.snapshot(),
      means: this.#summary.means.slice(),
      deviations: this.#summary.deviations.slice(),
      counts: this.#summary.counts.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): ForestQualityPredictor {
    const fields = requireSnapshot(data, 'forest')
    const llms = stringsField(fields, 'llms')
    const design = DesignVector.restore(objectField(fields, 'design'))
    const forest = RegressionForest.restore(objectField(fields, 'forest'))
    return new ForestQualityPredictor(llms, design, forest, {
      means: vectorField(fields, 'means', llms.length),
      deviations: vectorField(fields, 'deviations', llms.length),
      counts: vectorField(fields, 'counts', llms.length),
    })
  }
}

/** Labels that all agree are no proof of certainty. */
const smallestDeviation = 0.01
