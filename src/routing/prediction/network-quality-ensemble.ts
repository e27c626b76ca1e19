import type { RoutingContext } from '../embedding/routing-context.ts'
import { requireDimension } from '../errors.ts'
import { DenseNetwork } from '../numeric/dense-network.ts'
import { SeededRandom } from '../numeric/random-source.ts'
import type { SnapshotData } from '../policy-store.ts'
import { DesignVector } from './design-vector.ts'
import { NetworkMemberTraining, type NetworkTrainingOptions } from './network-member-training.ts'
import { arrayField, objectField, requireSnapshot, vectorField } from './snapshot-fields.ts'
import { type ColumnSummary, summariseColumns, type TrainingRows } from './training-rows.ts'

export interface NetworkShape {
  readonly hidden: readonly number[]
  readonly activation: 'relu' | 'none'
}

/** Labels that all agree are no proof of certainty. */
const smallestDeviation = 0.01

/**
 * Networks from {@link DesignVector} to one logit per LLM, trained by log loss on labels in [0, 1] (unknown cells masked)
 * and averaged as probabilities. Member j is trained without the rows of fifth j, on which its best epoch is chosen, so that together they see
 * every row. Uncertainty is √(spread over the members² + s²/n), s being the spread of the LLM's labels around the
 * predictions and n their number.
 */
export class NetworkQualityEnsemble {
  readonly #design: DesignVector
  readonly #members: readonly DenseNetwork[]
  readonly #summary: ColumnSummary
  /** s per LLM. */
  readonly #residuals: Float64Array
  readonly #x: Float64Array

  private constructor(
    design: DesignVector,
    members: readonly DenseNetwork[],
    summary: ColumnSummary,
    residuals: Float64Array,
  ) {
    this.#design = design
    this.#members = members
    this.#summary = summary
    this.#residuals = residuals
    this.#x = new Float64Array(design.dimension)
  }

  /** @param rows at least one. */
  static fit(rows: TrainingRows, shape: NetworkShape, options: NetworkTrainingOptions): NetworkQualityEnsemble {
    const design = DesignVector.fit(rows.contexts)
    const x = design.matrix(rows.contexts)
    const summary = summariseColumns(rows.quality, rows.llms.length)
    const random = new SeededRandom(options.seed)
    const members = Array.from({ length: options.members }, (_, slice) => {
      const network = new DenseNetwork({ inputs: design.dimension, outputs: rows.llms.length, ...shape, random })
      network.outputBias.set(summary.means.map(logit))
      new NetworkMemberTraining(network, x, rows.quality, options, random).run(slice)
      return network
    })
    const ensemble = new NetworkQualityEnsemble(design, members, summary, new Float64Array(rows.llms.length))
    ensemble.#measureResiduals(rows)
    return ensemble
  }

  #measureResiduals(rows: TrainingRows): void {
    const width = rows.llms.length
    const predicted = new Float64Array(width)
    const squares = new Float64Array(rows.quality.length)
    rows.contexts.forEach((context, row) => {
      this.predict(context, predicted)
      for (let llm = 0; llm < width; llm++) {
        squares[row * width + llm] = (rows.quality[row * width + llm]! - predicted[llm]!) ** 2
      }
    })
    this.#residuals.set(summariseColumns(squares, width).means.map(Math.sqrt))
  }

  /** @param quality and @param uncertainty as {@link QualityPredictor.predict} has them. */
  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    const width = this.#residuals.length
    requireDimension('The quality', quality.length, width)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, width)
    this.#design.write(context, this.#x)
    quality.fill(0)
    uncertainty?.fill(0)
    for (const member of this.#members) {
      const logits = member.forward(this.#x, 1, false)
      for (let llm = 0; llm < width; llm++) {
        const value = 1 / (1 + Math.exp(-logits[llm]!))
        quality[llm]! += value
        if (uncertainty !== undefined) uncertainty[llm]! += value * value
      }
    }
    const { means, deviations, counts } = this.#summary
    const count = this.#members.length
    for (let llm = 0; llm < width; llm++) {
      const mean = quality[llm]! / count
      const isKnown = counts[llm]! > 0
      quality[llm] = isKnown ? Math.min(1, mean) : means[llm]!
      if (uncertainty === undefined) continue
      const variance = Math.max(0, uncertainty[llm]! / count - mean * mean)
      const residual = Math.max(smallestDeviation, isKnown ? this.#residuals[llm]! : deviations[llm]!)
      uncertainty[llm] = Math.sqrt((isKnown ? variance : 0) + residual ** 2 / Math.max(1, counts[llm]!))
    }
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'network-ensemble',
      design: this.#design.snapshot(),
      members: this.#members.map((member) => member.snapshot()),
      means: this.#summary.means.slice(),
      deviations: this.#summary.deviations.slice(),
      counts: this.#summary.counts.slice(),
      residuals: this.#residuals.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): NetworkQualityEnsemble {
    const fields = requireSnapshot(data, 'network-ensemble')
    const design = DesignVector.restore(objectField(fields, 'design'))
    const members = arrayField(fields, 'members').map((member) => DenseNetwork.restore(member))
    const residuals = vectorField(fields, 'residuals')
    const summary = {
      means: vectorField(fields, 'means', residuals.length),
      deviations: vectorField(fields, 'deviations', residuals.length),
      counts: vectorField(fields, 'counts', residuals.length),
    }
    return new NetworkQualityEnsemble(design, members, summary, residuals)
  }
}

/** A mean of 0 or 1 is met half-way: no network starts at infinity. */
function logit(mean: number): number {
  const held = Math.min(0.99, Math.max(0.01, mean))
  return Math.log(held / (1 - held))
}
