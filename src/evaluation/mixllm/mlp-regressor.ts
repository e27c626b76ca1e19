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

/**
 * A small network of one target: log loss behind a sigmoid for targets in [0, 1], squared loss on the standardised target
 * else. The epoch that did best on a held-out slice is kept.
 */
export function fitMlpRegressor(problem: RegressionProblem, { seed }: RegressorOptions): ScalarRegressor {
  const random = new SeededRandom(seed)
  const order = Array.from(problem.y, (_, row) => row)
  shuffle(order, random)
  const heldOutCount = Math.round(heldOutShare * order.length)
  const training = new ScaledProblem(selectProblemRows(problem, order.slice(heldOutCount)))
  const heldOut = selectProblemRows(problem, order.slice(0, heldOutCount))
  const network = new DenseNetwork({
    inputs: problem.d,
    hidden,
    outputs: 1,
    normaliseInputs: true,
    zeroLastLayer: true,
    random,
  })
  network.outputBias[0] = training.start
  const regressor = new MlpRegressor(network, training)
  train(regressor, training, heldOut, random)
  return regressor
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
  readonly #scaled: ScaledProblem

  constructor(network: DenseNetwork, scaled: ScaledProblem) {
    this.network = network
    this.#scaled = scaled
  }

  predict(embedding: Float64Array): number {
    return this.#scaled.toTarget(this.network.forward(embedding, 1, false)[0]!)
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
