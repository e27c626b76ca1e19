import { type NetworkStage, withRoom } from './dense-network-stage.ts'

/** Views into the network's state, each of the shape [width]. */
export interface BatchNormParameters {
  readonly scale: Float64Array
  readonly scaleGradient: Float64Array
  readonly shift: Float64Array
  readonly shiftGradient: Float64Array
  /** Learned by moving average, not by gradient. */
  readonly runningMean: Float64Array
  readonly runningVariance: Float64Array
}

/** Keras' defaults. */
const momentum = 0.99
const epsilon = 1e-3

/**
 * Batch normalisation (Ioffe and Szegedy 2015, Algorithms 1 and 2): y = γ·(x − μ)/√(σ² + ε) + β, with μ and σ² of the batch
 * while training (divisor n), and their moving averages otherwise.
 */
export class BatchNormStage implements NetworkStage {
  readonly outputs: number
  readonly #parameters: BatchNormParameters
  readonly #inverseDeviation: Float64Array
  readonly #mean: Float64Array
  /** Per column: the mean of the gradient, then of gradient times normalised input. */
  readonly #gradientMean: Float64Array
  readonly #gradientSlope: Float64Array
  #normalised: Float64Array = new Float64Array(0)
  #output: Float64Array = new Float64Array(0)
  #inputGradient: Float64Array = new Float64Array(0)
  #usesBatch = false

  constructor(width: number, parameters: BatchNormParameters) {
    this.outputs = width
    this.#parameters = parameters
    this.#inverseDeviation = new Float64Array(width)
    this.#mean = new Float64Array(width)
    this.#gradientMean = new Float64Array(width)
    this.#gradientSlope = new Float64Array(width)
  }

  forward(x: Float64Array, rows: number, training: boolean): Float64Array {
    const width = this.outputs
    this.#usesBatch = training
    if (training) this.#measure(x, rows)
    else {
      this.#mean.set(this.#parameters.runningMean)
      for (let j = 0; j < width; j++) {
        this.#inverseDeviation[j] = 1 / Math.sqrt(this.#parameters.runningVariance[j]! + epsilon)
      }
    }
    this.#normalised = withRoom(this.#normalised, rows * width)
    this.#output = withRoom(this.#output, rows * width)
    const { scale, shift } = this.#parameters
    for (let row = 0; row < rows; row++) {
      const start = row * width
      for (let j = 0; j < width; j++) {
        const value = (x[start + j]! - this.#mean[j]!) * this.#inverseDeviation[j]!
        this.#normalised[start + j] = value
        this.#output[start + j] = scale[j]! * value + shift[j]!
      }
    }
    return this.#output
  }

  #measure(x: Float64Array, rows: number): void {
    const width = this.outputs
    const mean = this.#mean.fill(0)
    const variance = this.#inverseDeviation.fill(0)
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < width; j++) mean[j]! += x[row * width + j]! / rows
    }
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < width; j++) variance[j]! += (x[row * width + j]! - mean[j]!) ** 2 / rows
    }
    const { runningMean, runningVariance } = this.#parameters
    for (let j = 0; j < width; j++) {
      runningMean[j] = momentum * runningMean[j]! + (1 - momentum) * mean[j]!
      runningVariance[j] = momentum * runningVariance[j]! + (1 - momentum) * variance[j]!
      this.#inverseDeviation[j] = 1 / Math.sqrt(variance[j]! + epsilon)
    }
  }

  backward(gradient: Float64Array, rows: number): Float64Array {
    const width = this.outputs
    const { scale, scaleGradient, shiftGradient } = this.#parameters
    const mean = this.#gradientMean.fill(0)
    const slope = this.#gradientSlope.fill(0)
    for (let row = 0; row < rows; row++) {
      const start = row * width
      for (let j = 0; j < width; j++) {
        mean[j]! += gradient[start + j]!
        slope[j]! += gradient[start + j]! * this.#normalised[start + j]!
      }
    }
    for (let j = 0; j < width; j++) {
      shiftGradient[j]! += mean[j]!
      scaleGradient[j]! += slope[j]!
      mean[j] = this.#usesBatch ? mean[j]! / rows : 0
      slope[j] = this.#usesBatch ? slope[j]! / rows : 0
    }
    this.#inputGradient = withRoom(this.#inputGradient, rows * width)
    for (let row = 0; row < rows; row++) {
      const start = row * width
      for (let j = 0; j < width; j++) {
        const centred = gradient[start + j]! - mean[j]! - this.#normalised[start + j]! * slope[j]!
        this.#inputGradient[start + j] = scale[j]! * this.#inverseDeviation[j]! * centred
      }
    }
    return this.#inputGradient
  }
}
