import { InverseDesign } from './inverse-design.ts'

/**
 * What a stream teaches of one LLM beyond its offline estimates: two ridge regressions of residuals, of quality and of cost,
 * on [e, 1] under one design k·I + Σ [e, 1][e, 1]ᵀ, by recursive least squares (mathematics §14). The constant lets an LLM that is
 * simply better or worse than it was be told so at once, for all prompts.
 */
export class ResidualRegression {
  readonly #dimension: number
  /** 1/√k: with rows of [e, 1]/√k the design starts at I. */
  readonly #scale: number
  /** Made by the first answer: most LLMs of most streams never hear one. */
  #design: InverseDesign | undefined
  /** [e, 1]/√k of the answer at hand. */
  readonly #row: Float64Array
  /** Coefficients of such rows. Shape [d + 1]. */
  readonly #quality: Float64Array
  readonly #cost: Float64Array

  /** @param dimension of e. @param ridge k > 0. */
  constructor(dimension: number, ridge: number) {
    this.#dimension = dimension
    this.#scale = 1 / Math.sqrt(ridge)
    this.#row = new Float64Array(dimension + 1)
    this.#quality = new Float64Array(dimension + 1)
    this.#cost = new Float64Array(dimension + 1)
  }

  /** Expected residual of quality. O(d), no allocation. */
  quality(e: Float64Array): number {
    return this.#predict(this.#quality, e)
  }

  /** Expected residual of cost, in the unit of what was learned. O(d), no allocation. */
  cost(e: Float64Array): number {
    return this.#predict(this.#cost, e)
  }

  /** Takes in one answer: measured less offline estimate. O(d²). @param cost NaN where the bill is unknown: then it teaches nothing of cost. */
  learn(e: Float64Array, quality: number, cost: number): void {
    const qualityError = quality - this.quality(e)
    const costError = Number.isNaN(cost) ? 0 : cost - this.cost(e)
    for (let i = 0; i < this.#dimension; i++) this.#row[i] = e[i]! * this.#scale
    this.#row[this.#dimension] = this.#scale
    this.#design ??= new InverseDesign(this.#dimension + 1)
    const gain = this.#design.update(this.#row)
    for (let i = 0; i < gain.length; i++) {
      this.#quality[i]! += gain[i]! * qualityError
      this.#cost[i]! += gain[i]! * costError
    }
  }

  /** All costs are now this many times what they were. */
  scaleCost(factor: number): void {
    for (let i = 0; i < this.#cost.length; i++) this.#cost[i]! *= factor
  }

  #predict(coefficients: Float64Array, e: Float64Array): number {
    if (this.#design === undefined) return 0
    let sum = coefficients[this.#dimension]!
    for (let i = 0; i < this.#dimension; i++) sum += coefficients[i]! * e[i]!
    return sum * this.#scale
  }
}
