import type { RoutingContext } from '../embedding/routing-context.ts'
import { RoutingError, requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { restoreMember } from './restore-member.ts'
import { arrayField, objectField, requireSnapshot, stringField } from './snapshot-fields.ts'
import { StackedQualityPredictor } from './stacked-quality-predictor.ts'
import { type LlmDescription, restoreDescription, snapshotDescription } from './universal/llm-description.ts'
import { UniversalModel } from './universal/universal-model.ts'

export interface DescribedLlm {
  readonly llm: LlmId
  readonly description: LlmDescription
}

export interface JoinedParts {
  /** Knows every LLM of `universal`. */
  readonly fitted: QualityPredictor
  readonly universal: UniversalModel
  /** Each LLM once; those `fitted` knows too are handed over to it as they gather labels. */
  readonly described: readonly DescribedLlm[]
}

/**
 * Fitted LLMs and, behind them, LLMs known by their probes alone, whose estimates are made from those of the fitted ones
 * (mathematics §19). An LLM that is both has v·fitted + (1 − v)·described with v = n/(n + n₀), n its labels.
 */
export class JoinedQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly fitted: QualityPredictor
  readonly universal: UniversalModel
  readonly described: readonly DescribedLlm[]
  /** Of each described LLM in `llms`. */
  readonly #places: Int32Array
  /** v of each described LLM. */
  readonly #ownWeights: Float64Array
  /** Of each LLM of `universal` in `fitted`. */
  readonly #baseIndex: Int32Array
  readonly #quality: Float64Array
  readonly #errors: Float64Array
  readonly #base: Float64Array

  /**
   * @param parts kept, not copied.
   * @throws {RoutingError} `invalid_option` when `fitted` lacks an LLM of `universal`, or an LLM is described twice.
   */
  constructor({ fitted, universal, described }: JoinedParts) {
    this.fitted = fitted
    this.universal = universal
    this.described = described
    const places = new Map(fitted.llms.map((llm, index) => [llm, index]))
    this.#baseIndex = Int32Array.from(universal.llms, (llm) => {
      const index = places.get(llm)
      if (index === undefined) throw new RoutingError('invalid_option', `The fitted predictor does not know ${llm}`)
      return index
    })
    this.#ownWeights = Float64Array.from(described, ({ llm, description }) =>
      places.has(llm) ? universal.ownWeight(description.labels) : 0,
    )
    for (const { llm } of described) if (!places.has(llm)) places.set(llm, places.size)
    this.#places = Int32Array.from(described, ({ llm }) => places.get(llm)!)
    if (new Set(this.#places).size < described.length) {
      throw new RoutingError('invalid_option', 'An LLM is described twice')
    }
    this.llms = [...places.keys()]
    this.#quality = new Float64Array(fitted.llms.length)
    this.#errors = new Float64Array(fitted.llms.length)
    this.#base = new Float64Array(universal.llms.length)
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    this.fitted.predict(context, this.#quality, uncertainty === undefined ? undefined : this.#errors)
    quality.set(this.#quality)
    uncertainty?.set(this.#errors)
    for (let i = 0; i < this.#base.length; i++) this.#base[i] = this.#quality[this.#baseIndex[i]!]!
    this.universal.prepare(context, this.#base)
    for (let i = 0; i < this.described.length; i++) {
      const { description } = this.described[i]!
      const place = this.#places[i]!
      const own = this.#ownWeights[i]!
      const fitted = own > 0 ? quality[place]! : 0
      quality[place] = own * fitted + (1 - own) * this.universal.quality(description)
      if (uncertainty === undefined) continue
      const fittedError = own > 0 ? uncertainty[place]! : 0
      uncertainty[place] = Math.hypot(own * fittedError, (1 - own) * this.universal.standardError(description))
    }
  }

  snapshot(): QualityPredictorSnapshot {
    return {
      formatVersion: 1,
      kind: 'joined',
      fitted: this.fitted.snapshot(),
      universal: this.universal.snapshot(),
      described: this.described.map(({ llm, description }) => {
        return { llm, description: snapshotDescription(description) }
      }),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): JoinedQualityPredictor {
    const fields = requireSnapshot(data, 'joined')
    const fitted = objectField(fields, 'fitted')
    return new JoinedQualityPredictor({
      fitted: fitted.kind === 'stacked' ? StackedQualityPredictor.restore(fitted) : restoreMember(fitted),
      universal: UniversalModel.restore(objectField(fields, 'universal')),
      described: arrayField(fields, 'described').map((entry) => {
        const described = objectField({ described: entry }, 'described')
        return {
          llm: stringField(described, 'llm'),
          description: restoreDescription(objectField(described, 'description')),
        }
      }),
    })
  }
}
