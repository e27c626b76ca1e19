import { multiplyByTransposed, transpose } from './dense-network-products.ts'
import { type NetworkStage, withRoom } from './dense-network-stage.ts'

/** Where an affine map keeps its parameters and their gradients: views into the network's. */
export interface AffineParameters {
  /** Row-major [outputs × inputs]. */
  readonly weights: Float64Array
  readonly weightGradient: Float64Array
  /** Shape [outputs]. */
  readonly bias: Float64Array
  readonly biasGradient: Float64Array
}

/** y = W·x + b. */
export class AffineStage implements NetworkStage {
  readonly outputs: number
  readonly #inputs: number
  readonly #parameters: AffineParameters
  readonly #isFirst: boolean
  readonly #turnedWeights: Float64Array
  #x: Float64Array = new Float64Array(0)
  #output: Float64Array = new Float64Array(0)
  #inputGradient: Float64Array = new Float64Array(0)
  #turnedX: Float64Array = new Float64Array(0)
  #turnedGradient: Float64Array = new Float64Array(0)

  /** @param isFirst nothing before it learns, so that the gradient of its input is not worked out. */
  constructor(inputs: number, outputs: number, parameters: AffineParameters, isFirst: boolean) {
    this.#inputs = inputs
    this.outputs = outputs
    this.#parameters = parameters
    this.#isFirst = isFirst
    this.#turnedWeights = new Float64Array(isFirst ? 0 : inputs * outputs)
  }

  forward(x: Float64Array, rows: number): Float64Array {
    this.#x = x
    this.#output = withRoom(this.#output, rows * this.outputs)
    const { weights, bias } = this.#parameters
    for (let row = 0; row < rows; row++) this.#output.set(bias, row * this.outputs)
    multiplyByTransposed(x, weights, this.#output, rows, this.outputs, this.#inputs, true)
    return this.#output
  }

  backward(gradient: Float64Array, rows: number): Float64Array {
    const { weights, weightGradient, biasGradient } = this.#parameters
    const outputs = this.outputs
    const inputs = this.#inputs
    for (let cell = 0; cell < rows * outputs; cell++) biasGradient[cell % outputs]! += gradient[cell]!
    this.#turnedX = withRoom(this.#turnedX, rows * inputs)
    this.#turnedGradient = withRoom(this.#turnedGradient, rows * outputs)
    transpose(this.#x, this.#turnedX, rows, inputs)
    transpose(gradient, this.#turnedGradient, rows, outputs)
    multiplyByTransposed(this.#turnedGradient, this.#turnedX, weightGradient, outputs, inputs, rows, true)
    if (this.#isFirst) return this.#inputGradient
    this.#inputGradient = withRoom(this.#inputGradient, rows * inputs)
    transpose(weights, this.#turnedWeights, outputs, inputs)
    multiplyByTransposed(gradient, this.#turnedWeights, this.#inputGradient, rows, inputs, outputs, false)
    return this.#inputGradient
  }
}
