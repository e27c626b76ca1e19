import { RoutingError, requireDimension } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { integersField, numberField, requireSnapshot, stringField, vectorField } from '../prediction/snapshot-fields.ts'
import { AffineStage } from './dense-network-affine.ts'
import { BatchNormStage } from './dense-network-batch-norm.ts'
import { ReluStage } from './dense-network-relu.ts'
import { type NetworkStage, withRoom } from './dense-network-stage.ts'
import type { RandomSource } from './random-source.ts'

export interface DenseNetworkOptions {
  readonly inputs: number
  /** Widths of the hidden layers; empty for one affine map. */
  readonly hidden: readonly number[]
  readonly outputs: number
  /** `none` makes of a hidden layer a bottleneck: the whole is then one affine map of its rank. Default `relu`. */
  readonly activation?: 'relu' | 'none'
  /** Batch normalisation between each hidden layer's affine map and its activation. Default false. */
  readonly batchNorm?: boolean
  /** Batch normalisation of the input. Default false. */
  readonly normaliseInputs?: boolean
  /** Draws the weights, layer by layer; not kept. */
  readonly random: RandomSource
  /** The last layer starts at zero instead of at random, so that the network starts at 0 everywhere. Default false. */
  readonly zeroLastLayer?: boolean
}

/** Part of what a network learns, with the gradient that was added up for it; both are views, the same for its whole life. */
export interface NetworkParameter {
  readonly value: Float64Array
  readonly gradient: Float64Array
  /** Whether weight decay is meant for it: true for weights, false for biases, scales and shifts. */
  readonly decays: boolean
}

/**
 * A multilayer perceptron on typed arrays: affine maps with ReLU between them (or nothing). The last layer is raw (logits): the caller
 * applies its link and gives {@link backward} the gradient of its loss with respect to the logits. Weights start
 * Glorot-uniform (2010), biases at zero.
 */
export class DenseNetwork {
  readonly inputs: number
  readonly outputs: number
  readonly #hidden: readonly number[]
  readonly #activation: 'relu' | 'none'
  readonly #batchNorm: boolean
  readonly #normaliseInputs: boolean
  /** All parameters, then the running means and variances. */
  readonly #state: Float64Array
  readonly #parameters: NetworkParameter[] = []
  readonly #stages: NetworkStage[] = []
  /** Rows of the latest forward pass. */
  #rows = 0
  #x: Float64Array = new Float64Array(0)

  constructor(options: DenseNetworkOptions) {
    const { inputs, hidden, outputs, batchNorm = false, normaliseInputs = false, random } = options
    for (const width of [inputs, ...hidden, outputs]) {
      if (!Number.isInteger(width) || width < 1) {
        throw new RoutingError('invalid_option', `A layer of ${width} units is none`, { param: 'hidden' })
      }
    }
    this.inputs = inputs
    this.outputs = outputs
    this.#hidden = [...hidden]
    this.#activation = options.activation ?? 'relu'
    this.#batchNorm = batchNorm
    this.#normaliseInputs = normaliseInputs
    const widths = [inputs, ...hidden, outputs]
    const normed = [...(normaliseInputs ? [inputs] : []), ...(batchNorm ? hidden : [])]
    const affineCount = hidden.reduce((sum, width, i) => sum + width * (widths[i]! + 1), 0)
    const lastCount = outputs * (widths.at(-2)! + 1)
    const normCount = normed.reduce((sum, width) => sum + width, 0)
    const learned = affineCount + lastCount + 2 * normCount
    this.#state = new Float64Array(learned + 2 * normCount)
    this.#build(widths, learned)
    this.#initialise(random, options.zeroLastLayer ?? false)
  }

  #build(widths: readonly number[], learned: number): void {
    const gradients = new Float64Array(learned)
    let next = 0
    let nextRunning = learned
    const take = (length: number, decays: boolean): NetworkParameter => {
      const range = [next, next + length] as const
      const parameter = { value: this.#state.subarray(...range), gradient: gradients.subarray(...range), decays }
      next += length
      this.#parameters.push(parameter)
      return parameter
    }
    const running = (length: number): Float64Array => {
      nextRunning += length
      return this.#state.subarray(nextRunning - length, nextRunning)
    }
    const addNorm = (width: number): void => {
      const scale = take(width, false)
      const shift = take(width, false)
      scale.value.fill(1)
      const parameters = {
        scale: scale.value,
        scaleGradient: scale.gradient,
        shift: shift.value,
        shiftGradient: shift.gradient,
        runningMean: running(width),
        runningVariance: running(width).fill(1),
      }
      this.#stages.push(new BatchNormStage(width, parameters))
    }
    if (this.#normaliseInputs) addNorm(this.inputs)
    for (let layer = 1; layer < widths.length; layer++) {
      const from = widths[layer - 1]!
      const to = widths[layer]!
      const weights = take(to * from, true)
      const bias = take(to, false)
      const parameters = {
        weights: weights.value,
        weightGradient: weights.gradient,
        bias: bias.value,
        biasGradient: bias.gradient,
      }
      this.#stages.push(new AffineStage(from, to, parameters, this.#stages.length === 0))
      if (layer === widths.length - 1) break
      if (this.#batchNorm) addNorm(to)
      if (this.#activation === 'relu') this.#stages.push(new ReluStage(to))
    }
  }

  #initialise(random: RandomSource, zeroLastLayer: boolean): void {
    const weights = this.#parameters.filter((parameter) => parameter.decays)
    const widths = [this.inputs, ...this.#hidden, this.outputs]
    weights.forEach(({ value }, layer) => {
      if (zeroLastLayer && layer === weights.length - 1) return
      const limit = Math.sqrt(6 / (widths[layer]! + widths[layer + 1]!))
      for (let i = 0; i < value.length; i++) value[i] = limit * (2 * random.next() - 1)
    })
  }

  /** What an optimiser moves, in a fixed order: input normalisation, then per layer weights, bias, scale and shift. */
  parameters(): readonly NetworkParameter[] {
    return this.#parameters
  }

  /** The bias of the last layer, for setting where the outputs start; a view. */
  get outputBias(): Float64Array {
    return this.#parameters.at(-1)!.value
  }

  /**
   * @param x row-major [rows × inputs]; copied. @param training batch normalisation uses and learns the batch's moments.
   * @returns row-major, at least [rows × outputs] long: a buffer of the network's, valid until its next call.
   */
  forward(x: Float32Array | Float64Array, rows: number, training: boolean): Float64Array {
    if (x.length < rows * this.inputs) requireDimension('The input', x.length, rows * this.inputs)
    this.#x = withRoom(this.#x, rows * this.inputs)
    const length = rows * this.inputs
    this.#x.set(x.length === length ? x : x.subarray(0, length))
    this.#rows = rows
    let values: Float64Array = this.#x
    for (const stage of this.#stages) values = stage.forward(values, rows, training)
    return values
  }

  /**
   * Adds the gradient of a loss to the parameters' gradients, for the rows of the latest {@link forward}.
   *
   * @param gradient of the loss with respect to the outputs, row-major [rows × outputs]; not changed.
   */
  backward(gradient: Float64Array): void {
    if (gradient.length < this.#rows * this.outputs) {
      requireDimension('The gradient', gradient.length, this.#rows * this.outputs)
    }
    let values = gradient
    for (let i = this.#stages.length - 1; i >= 0; i--) values = this.#stages[i]!.backward(values, this.#rows)
  }

  /** A copy of all that is learned, for {@link loadState}: to come back to the best epoch. */
  saveState(): Float64Array {
    return this.#state.slice()
  }

  /** @throws {RoutingError} `dimension_mismatch` when it is that of a network of another shape. */
  loadState(state: Float64Array): void {
    requireDimension('The state', state.length, this.#state.length)
    this.#state.set(state)
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'dense-network',
      inputs: this.inputs,
      hidden: Int32Array.from(this.#hidden),
      outputs: this.outputs,
      activation: this.#activation,
      batchNorm: this.#batchNorm ? 1 : 0,
      normaliseInputs: this.#normaliseInputs ? 1 : 0,
      state: this.saveState(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): DenseNetwork {
    const fields = requireSnapshot(data, 'dense-network')
    const network = new DenseNetwork({
      inputs: numberField(fields, 'inputs'),
      hidden: [...integersField(fields, 'hidden')],
      outputs: numberField(fields, 'outputs'),
      activation: stringField(fields, 'activation') === 'none' ? 'none' : 'relu',
      batchNorm: numberField(fields, 'batchNorm') === 1,
      normaliseInputs: numberField(fields, 'normaliseInputs') === 1,
      random: { next: () => 0 },
    })
    network.loadState(vectorField(fields, 'state', network.#state.length))
    return network
  }
}
