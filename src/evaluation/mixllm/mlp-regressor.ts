import { Adam } from '../../routing/numeric/adam.ts'
import { DenseNetwork } from '../../routing/numeric/dense-network.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import {
  type RegressionProblem,
  type RegressorOptions,
  type ScalarRegressor,
  selectProblemRows,
} from './scalar-regressor.ts'

/** One hidden layer keeps a pool's networks trainable in seconds; MixLLM says only that each is under 2 MB. */
const hidden = [32]
const learningRate = 0.005
const weightDecay = 0.01
const batch = 64
const epochs = 20

/** Share of the rows that decides when to stop, and how many epochs without a gain are waited for. */
const heldOutShare = 0.15
const patience = 2

/** An input that varies less than this in training carries nothing. */
const smallestDeviation = 1e-9

/**
 * A small network of one target on standardised inputs: log loss behind a sigmoid for targets in [0, 1], squared loss on the
 * standardised target else. The epoch that did best on a held-out slice is kept.
 *
 * Inputs are standardised once: the running moments of batch normalisation settle only after the few hundred steps that the
 * training takes, and until then the held-out slice stops it too early.
 */
export function fitMlpRegressor(problem: RegressionProblem, { seed }: RegressorOptions): ScalarRegressor {
  const random = new SeededRandom(seed)
  const order = Array.from(problem.y, (_, row) => row)
  shuffle(order, random)
  const heldOutCount = Math.round(heldOutShare * order.length)
  const inputs = new StandardisedInputs(problem)
  const training = new ScaledProblem(inputs.of(selectProblemRows(problem, order.slice(heldOutCount))))
  const heldOut = selectProblemRows(problem, order.slice(0, heldOutCount))
  const network = new DenseNetwork({ inputs: problem.d, hidden, outputs: 1, zeroLastLayer: true, random })
  network.outputBias[0] = training.start
  const regressor = new MlpRegressor(network, inputs, training)
  train(regressor, training, heldOut, random)
  return regressor
}

/** Inputs less their training mean, over their training deviation; 0 where that is 0. */
class StandardisedInputs {
  readonly #means: Float64Array
  readonly #scales: Float64Array

  constructor({ x, d, y }: RegressionProblem) {
    this.#means = new Float64Array(d)
    this.#scales = new Float64Array(d)
    for (let cell = 0; cell < x.length; cell++) this.#means[cell % d]! += x[cell]! / y.length
    for (let cell = 0; cell < x.length; cell++) {
      this.#scales[cell % d]! += (x[cell]! - this.#means[cell % d]!) ** 2 / y.length
    }
    for (let j = 0; j < d; j++) {
      const deviation = Math.sqrt(this.#scales[j]!)
      this.#scales[j] = deviation > smallestDeviation ? 1 / deviation : 0
    }
  }

  write(x: Float64Array, out: Float64Array): void {
    for (let j = 0; j < x.length; j++) out[j] = (x[j]! - this.#means[j]!) * this.#scales[j]!
  }

  of(problem: RegressionProblem): RegressionProblem {
    const { x, d } = problem
    const scaled = new Float64Array(x.length)
    for (let start = 0; start < x.length; start += d) {
      this.write(x.subarray(start, start + d), scaled.subarray(start, start + d))
    }
    return { ...problem, x: scaled }
  }
}

/** Targets as the network sees them. */
class ScaledProblem {
  readonly problem: RegressionProblem
  readonly mean: number
  readonly deviation: number
  /** Output of a network that knows the mean alone. */
  readonly start: number

  constructor(problem: RegressionProblem) {
    const { y, range } = problem
    this.problem = problem
    this.mean = y.reduce((sum, value) => sum + value, 0) / y.length
    const variance = y.reduce((sum, value) => sum + (value - this.mean) ** 2, 0) / y.length
    this.deviation = range === 'unit' || variance === 0 ? 1 : Math.sqrt(variance)
    const share = Math.min(0.99, Math.max(0.01, this.mean))
    this.start = range === 'unit' ? Math.log(share / (1 - share)) : 0
  }

  toTarget(output: number): number {
    return this.problem.range === 'unit' ? 1 / (1 + Math.exp(-output)) : this.mean + this.deviation * output
  }

  /** Derivative of the loss by the output; the same form for both losses. */
  slope(output: number, target: number): number {
    return (this.toTarget(output) - target) / this.deviation
  }
}

class MlpRegressor implements ScalarRegressor {
  readonly network: DenseNetwork
  readonly #inputs: StandardisedInputs
  readonly #scaled: ScaledProblem
  readonly #x: Float64Array

  constructor(network: DenseNetwork, inputs: StandardisedInputs, scaled: ScaledProblem) {
    this.network = network
    this.#inputs = inputs
    this.#scaled = scaled
    this.#x = new Float64Array(network.inputs)
  }

  predict(embedding: Float64Array): number {
    this.#inputs.write(embedding, this.#x)
    return this.#scaled.toTarget(this.network.forward(this.#x, 1, false)[0]!)
  }
}

function train(regressor: MlpRegressor, scaled: ScaledProblem, heldOut: RegressionProblem, random: SeededRandom): void {
  const { network } = regressor
  const adam = new Adam(network.parameters(), { learningRate, weightDecay })
  const order = Array.from(scaled.problem.y, (_, row) => row)
  let best = { error: meanSquaredError(regressor, heldOut), epoch: 0, state: network.saveState() }
  for (let epoch = 1; epoch <= epochs && epoch - best.epoch <= patience; epoch++) {
    shuffle(order, random)
    for (let start = 0; start < order.length; start += batch) {
      const rows = selectProblemRows(scaled.problem, order.slice(start, start + batch))
      const outputs = network.forward(rows.x, rows.y.length, true)
      network.backward(rows.y.map((target, i) => scaled.slope(outputs[i]!, target) / rows.y.length))
      adam.step()
    }
    const error = meanSquaredError(regressor, heldOut)
    if (error < best.error || heldOut.y.length === 0) best = { error, epoch, state: network.saveState() }
  }
  network.loadState(best.state)
}

/** 0 without rows. */
export function meanSquaredError(regressor: ScalarRegressor, { x, d, y }: RegressionProblem): number {
  let sum = 0
  for (let row = 0; row < y.length; row++) {
    sum += (regressor.predict(x.subarray(row * d, (row + 1) * d)) - y[row]!) ** 2 / y.length
  }
  return sum
}
