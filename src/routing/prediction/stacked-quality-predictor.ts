import type { RoutingContext } from '../embedding/routing-context.ts'
import { RoutingError, requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import type { QualityPredictor, QualityPredictorSnapshot } from './quality-predictor.ts'
import { restoreMember } from './restore-member.ts'
import { arrayField, numberField, requireSnapshot, stringsField, vectorField } from './snapshot-fields.ts'

/** What a stack is made of; {@link stackWeights} and the fit choose the numbers. */
export interface StackParts {
  /** At least one; all for the same LLMs in the same order. */
  readonly members: readonly QualityPredictor[]
  /** One per member, ≥ 0. */
  readonly weights: Float64Array
  /** κ in [0, 1]: how much of a request's deviation from the LLM means is believed. */
  readonly trust: number
  /** q̄, the LLMs' mean quality in training, [0, 1]. */
  readonly means: Float64Array
  /** Standard error of q̄. */
  readonly meanErrors: Float64Array
}

/**
 * A weighted sum of predictors, shrunk to the LLM means (mathematics §2):
 *
 *     p̂_m = Σ_j w_j·p_jm + (1 − Σ_j w_j)·p̄        q̂_m = q̄_m + κ·(p̂_m − q̄_m), clipped to [0, 1]
 *
 * with p̄ the plain mean of all members over the pool. The weights are fitted to differences inside the pool and need not
 * sum to 1; the term in p̄, the same for every LLM, keeps the level and leaves the differences as they were fitted.
 *
 * Uncertainty: √(κ²·(ū² + v) + (1 − κ)²·ē²), with ū the members' standard errors averaged by weight (they share
 * their labels, so that averaging them does not make them smaller), v the weighted variance between the members, and ē
 * the standard error of q̄.
 */
export class StackedQualityPredictor implements QualityPredictor {
  readonly llms: readonly LlmId[]
  readonly #parts: StackParts
  readonly #quality: readonly Float64Array[]
  readonly #errors: readonly Float64Array[]
  readonly #weightSum: number

  /**
   * @param parts kept, not copied.
   * @throws {RoutingError} `invalid_option` when the members do not fit together, `dimension_mismatch` for the vectors.
   */
  constructor(parts: StackParts) {
    const { members, weights, trust, means, meanErrors } = parts
    if (members.length === 0 || !(trust >= 0 && trust <= 1)) {
      throw new RoutingError('invalid_option', 'A stack needs a member and a trust between 0 and 1')
    }
    this.llms = members[0]!.llms
    const names = this.llms.join('\n')
    if (members.some((member) => member.llms.join('\n') !== names)) {
      throw new RoutingError('invalid_option', 'The members of a stack must be for the same LLMs in the same order')
    }
    requireDimension('The weights', weights.length, members.length)
    requireDimension('The means', means.length, this.llms.length)
    requireDimension('The errors of the means', meanErrors.length, this.llms.length)
    this.#parts = parts
    this.#quality = members.map(() => new Float64Array(this.llms.length))
    this.#errors = members.map(() => new Float64Array(this.llms.length))
    this.#weightSum = weights.reduce((sum, weight) => sum + weight, 0)
  }

  /** One per member, in order. A copy. */
  get weights(): Float64Array {
    return this.#parts.weights.slice()
  }

  /** κ. */
  get trust(): number {
    return this.#parts.trust
  }

  predict(context: RoutingContext, quality: Float64Array, uncertainty?: Float64Array): void {
    requireDimension('The quality', quality.length, this.llms.length)
    if (uncertainty !== undefined) requireDimension('The uncertainty', uncertainty.length, this.llms.length)
    const { members, trust, means } = this.#parts
    for (let member = 0; member < members.length; member++) {
      const errors = uncertainty === undefined ? undefined : this.#errors[member]!
      members[member]!.predict(context, this.#quality[member]!, errors)
    }
    const level = this.#poolMean() * (1 - this.#weightSum)
    for (let llm = 0; llm < this.llms.length; llm++) {
      const stacked = level + this.#weightedQuality(llm)
      const shrunk = means[llm]! + trust * (stacked - means[llm]!)
      quality[llm] = Math.min(1, Math.max(0, shrunk))
    }
    if (uncertainty !== undefined) this.#combineErrors(uncertainty)
  }

  #combineErrors(uncertainty: Float64Array): void {
    const { trust, meanErrors } = this.#parts
    for (let llm = 0; llm < this.llms.length; llm++) {
      uncertainty[llm] = Math.hypot(trust * this.#stackError(llm), (1 - trust) * meanErrors[llm]!)
    }
  }

  #poolMean(): number {
    let sum = 0
    for (const quality of this.#quality) for (let llm = 0; llm < quality.length; llm++) sum += quality[llm]!
    return sum / (this.#quality.length * this.llms.length)
  }

  #weightedQuality(llm: number): number {
    let sum = 0
    for (let member = 0; member < this.#quality.length; member++) {
      sum += this.#parts.weights[member]! * this.#quality[member]![llm]!
    }
    return sum
  }

  /** √(ū² + v); plain averages when all weights are zero. */
  #stackError(llm: number): number {
    let mass = 0
    let error = 0
    let mean = 0
    let square = 0
    for (let member = 0; member < this.#quality.length; member++) {
      const weight = this.#weightSum > 0 ? this.#parts.weights[member]! : 1
      const value = this.#quality[member]![llm]!
      mass += weight
      error += weight * this.#errors[member]![llm]!
      mean += weight * value
      square += weight * value * value
    }
    const between = Math.max(0, square / mass - (mean / mass) ** 2)
    return Math.sqrt((error / mass) ** 2 + between)
  }

  snapshot(): QualityPredictorSnapshot {
    const { members, weights, trust, means, meanErrors } = this.#parts
    return {
      formatVersion: 1,
      kind: 'stacked',
      llms: this.llms,
      members: members.map((member) => member.snapshot()),
      weights: weights.slice(),
      trust,
      means: means.slice(),
      meanErrors: meanErrors.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): StackedQualityPredictor {
    const fields = requireSnapshot(data, 'stacked')
    const llms = stringsField(fields, 'llms')
    const members = arrayField(fields, 'members').map(restoreMember)
    return new StackedQualityPredictor({
      members,
      weights: vectorField(fields, 'weights', members.length),
      trust: numberField(fields, 'trust'),
      means: vectorField(fields, 'means', llms.length),
      meanErrors: vectorField(fields, 'meanErrors', llms.length),
    })
  }
}
