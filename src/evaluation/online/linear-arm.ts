/**
 * One arm's ridge regression on streamed contexts, A⁻¹ kept by Sherman and Morrison's formula: A = λ₀I + Σ x xᵀ, θ = A⁻¹b
 * (Li et al. 2010, arXiv:1003.0146, Algorithm 1, disjoint arms). O(d²) a step, no allocation.
 */
export class LinearArm {
  readonly dimension: number
  /** A⁻¹, row-major [d × d], symmetric. */
  readonly inverse: Float64Array
  /** b, shape [d]. */
  readonly moment: Float64Array
  /** θ = A⁻¹b, shape [d]; after writing to the other two, call {@link solve}. */
  readonly theta: Float64Array
  readonly #direction: Float64Array

  /** @param penalty λ₀ > 0. */
  constructor(dimension: number, penalty: number) {
    this.dimension = dimension
    this.inverse = new Float64Array(dimension * dimension)
    for (let i = 0; i < dimension; i++) this.inverse[i * dimension + i] = 1 / penalty
    this.moment = new Float64Array(dimension)
    this.theta = new Float64Array(dimension)
    this.#direction = new Float64Array(dimension)
  }

  /** A copy that learns on its own. */
  clone(): LinearArm {
    const copy = new LinearArm(this.dimension, 1)
    copy.inverse.set(this.inverse)
    copy.moment.set(this.moment)
    copy.theta.set(this.theta)
    return copy
  }

  /** θᵀx. */
  mean(x: Float64Array): number {
    let sum = 0
    for (let i = 0; i < this.dimension; i++) sum += this.theta[i]! * x[i]!
    return sum
  }

  /** xᵀA⁻¹x. */
  variance(x: Float64Array): number {
    const d = this.dimension
    let sum = 0
    for (let i = 0; i < d; i++) {
      let dot = 0
      for (let j = 0; j < d; j++) dot += this.inverse[i * d + j]! * x[j]!
      sum += dot * x[i]!
    }
    return sum
  }

  /** A ← γA, b ← γb; θ stays as it is. @param share γ in (0, 1]. */
  discount(share: number): void {
    if (share === 1) return
    const d = this.dimension
    for (let i = 0; i < d * d; i++) this.inverse[i]! /= share
    for (let i = 0; i < d; i++) this.moment[i]! *= share
  }

  /** A ← A + x xᵀ, b ← b + r x. */
  update(x: Float64Array, reward: number): void {
    const d = this.dimension
    const direction = this.#direction
    let variance = 0
    for (let i = 0; i < d; i++) {
      let dot = 0
      for (let j = 0; j < d; j++) dot += this.inverse[i * d + j]! * x[j]!
      direction[i] = dot
      variance += dot * x[i]!
    }
    const gain = (reward - this.mean(x)) / (1 + variance)
    for (let i = 0; i < d; i++) {
      const scaled = direction[i]! / (1 + variance)
      for (let j = 0; j < d; j++) this.inverse[i * d + j]! -= scaled * direction[j]!
      this.moment[i]! += reward * x[i]!
      this.theta[i]! += gain * direction[i]!
    }
  }

  /** θ = A⁻¹b, anew. */
  solve(): void {
    const d = this.dimension
    for (let i = 0; i < d; i++) {
      let sum = 0
      for (let j = 0; j < d; j++) sum += this.inverse[i * d + j]! * this.moment[j]!
      this.theta[i] = sum
    }
  }
}
