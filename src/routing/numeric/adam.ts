/** Values and the gradient added up for them, of the same length; views that stay the same. */
export interface OptimisedParameter {
  readonly value: Float64Array
  readonly gradient: Float64Array
  /** Whether weight decay acts on it. Default false. */
  readonly decays?: boolean
}

export interface AdamOptions {
  /** α > 0. Default 0.001. */
  readonly learningRate?: number
  /** β₁. Default 0.9. */
  readonly beta1?: number
  /** β₂. Default 0.999. */
  readonly beta2?: number
  /** ε̂. Default 1e-7, as in Keras. */
  readonly epsilon?: number
  /** Decoupled (Loshchilov and Hutter 2019): each step first multiplies what decays by 1 − α·this. Default 0. */
  readonly weightDecay?: number
}

/**
 * Adam (Kingma and Ba 2015, Algorithm 1, in the form of the end of its section 2: α_t = α·√(1 − β₂ᵗ)/(1 − β₁ᵗ) and
 * θ ← θ − α_t·m/(√v + ε̂), which is Keras' too).
 */
export class Adam {
  /** May be changed between steps, for schedules. */
  learningRate: number
  readonly #parameters: readonly OptimisedParameter[]
  readonly #beta1: number
  readonly #beta2: number
  readonly #epsilon: number
  readonly #weightDecay: number
  readonly #first: readonly Float64Array[]
  readonly #second: readonly Float64Array[]
  #steps = 0

  constructor(parameters: readonly OptimisedParameter[], options: AdamOptions = {}) {
    this.#parameters = parameters
    this.learningRate = options.learningRate ?? 0.001
    this.#beta1 = options.beta1 ?? 0.9
    this.#beta2 = options.beta2 ?? 0.999
    this.#epsilon = options.epsilon ?? 1e-7
    this.#weightDecay = options.weightDecay ?? 0
    this.#first = parameters.map(({ value }) => new Float64Array(value.length))
    this.#second = parameters.map(({ value }) => new Float64Array(value.length))
  }

  /** Moves every value against its gradient, then sets the gradients to zero. No allocation. */
  step(): void {
    this.#steps++
    const rate = (this.learningRate * Math.sqrt(1 - this.#beta2 ** this.#steps)) / (1 - this.#beta1 ** this.#steps)
    const kept = 1 - this.learningRate * this.#weightDecay
    for (let index = 0; index < this.#parameters.length; index++) {
      const { value, gradient, decays } = this.#parameters[index]!
      if (decays && kept !== 1) for (let i = 0; i < value.length; i++) value[i]! *= kept
      this.#move(value, gradient, this.#first[index]!, this.#second[index]!, rate)
    }
  }

  #move(value: Float64Array, gradient: Float64Array, first: Float64Array, second: Float64Array, rate: number): void {
    const beta1 = this.#beta1
    const beta2 = this.#beta2
    const epsilon = this.#epsilon
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i]!
      const m = beta1 * first[i]! + (1 - beta1) * g
      const v = beta2 * second[i]! + (1 - beta2) * g * g
      first[i] = m
      second[i] = v
      value[i]! -= (rate * m) / (Math.sqrt(v) + epsilon)
      gradient[i] = 0
    }
  }
}

/** Plain gradient descent: θ ← θ − α·g. */
export class StochasticGradient {
  /** α. May be changed between steps, for schedules. */
  learningRate: number
  readonly #parameters: readonly OptimisedParameter[]

  constructor(parameters: readonly OptimisedParameter[], options: { readonly learningRate: number }) {
    this.#parameters = parameters
    this.learningRate = options.learningRate
  }

  /** Moves every value against its gradient, then sets the gradients to zero. No allocation. */
  step(): void {
    for (const { value, gradient } of this.#parameters) {
      for (let i = 0; i < value.length; i++) value[i]! -= this.learningRate * gradient[i]!
      gradient.fill(0)
    }
  }
}
