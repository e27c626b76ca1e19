import { Adam } from '../numeric/adam.ts'
import type { DenseNetwork } from '../numeric/dense-network.ts'
import { type SeededRandom, shuffle } from '../numeric/random-source.ts'

export interface NetworkTrainingOptions {
  /** Passes over the rows at most. */
  readonly epochs: number
  /** Of Adam. */
  readonly learningRate: number
  /** Decoupled, on weights. */
  readonly weightDecay: number
  /** Rows per step. */
  readonly batch: number
  /** Networks, each started anew and stopped on another fifth of the rows. */
  readonly members: number
  readonly seed: number
}

/** Each member is stopped on every fifth row. */
const slices = 5

/** Epochs without a smaller held-out loss, after which a member stops. */
const patience = 6

/** Few rows are not worth holding some back: every epoch is then made. */
const fewestRowsToHoldOut = 50

/**
 * Trains one network by log loss on labels in [0, 1], unknown cells masked, and leaves it as it was after the epoch with the
 * smallest loss on rows that it was not shown.
 */
export class NetworkMemberTraining {
  readonly #network: DenseNetwork
  readonly #x: Float64Array
  readonly #labels: Float64Array
  readonly #options: NetworkTrainingOptions
  readonly #random: SeededRandom
  readonly #adam: Adam
  readonly #batchX: Float64Array
  readonly #gradient: Float64Array

  constructor(
    network: DenseNetwork,
    x: Float64Array,
    labels: Float64Array,
    options: NetworkTrainingOptions,
    random: SeededRandom,
  ) {
    this.#network = network
    this.#x = x
    this.#labels = labels
    this.#options = options
    this.#random = random
    this.#adam = new Adam(network.parameters(), options)
    this.#batchX = new Float64Array(options.batch * network.inputs)
    this.#gradient = new Float64Array(options.batch * network.outputs)
  }

  /** @param member every fifth row from this one on (modulo 5) is held out. */
  run(member: number): void {
    const slice = member % slices
    const rows = this.#x.length / this.#network.inputs
    const holdsOut = rows >= fewestRowsToHoldOut
    const all = Array.from({ length: rows }, (_, row) => row)
    const train = Int32Array.from(holdsOut ? all.filter((row) => row % slices !== slice) : all)
    const heldOut = Int32Array.from(holdsOut ? all.filter((row) => row % slices === slice) : [])
    let best = Number.POSITIVE_INFINITY
    let bestState = this.#network.saveState()
    let bestEpoch = 0
    for (let epoch = 1; epoch <= this.#options.epochs && epoch - bestEpoch <= patience; epoch++) {
      shuffle(train, this.#random)
      for (let start = 0; start < train.length; start += this.#options.batch) this.#learn(train, start)
      const loss = holdsOut ? this.#heldOutLoss(heldOut) : -epoch
      if (loss >= best) continue
      best = loss
      bestEpoch = epoch
      bestState = this.#network.saveState()
    }
    this.#network.loadState(bestState)
  }

  /** One step on the mean log loss over the batch's known cells. */
  #learn(rows: Int32Array, start: number): void {
    const { outputs } = this.#network
    const count = Math.min(this.#options.batch, rows.length - start)
    const logits = this.#forward(rows, start, count, true)
    let known = 0
    for (let i = 0; i < count; i++) {
      for (let o = 0; o < outputs; o++) {
        const label = this.#labels[rows[start + i]! * outputs + o]!
        const isKnown = !Number.isNaN(label)
        if (isKnown) known++
        this.#gradient[i * outputs + o] = isKnown ? 1 / (1 + Math.exp(-logits[i * outputs + o]!)) - label : 0
      }
    }
    if (known === 0) return
    for (let cell = 0; cell < count * outputs; cell++) this.#gradient[cell]! *= outputs / known
    this.#network.backward(this.#gradient)
    this.#adam.step()
  }

  /** Σ of softplus(z) − y·z over known cells, which is the log loss. */
  #heldOutLoss(rows: Int32Array): number {
    const { outputs } = this.#network
    let loss = 0
    for (let start = 0; start < rows.length; start += this.#options.batch) {
      const count = Math.min(this.#options.batch, rows.length - start)
      const logits = this.#forward(rows, start, count, false)
      for (let i = 0; i < count; i++) {
        for (let o = 0; o < outputs; o++) {
          const label = this.#labels[rows[start + i]! * outputs + o]!
          const z = logits[i * outputs + o]!
          if (!Number.isNaN(label)) loss += Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z))) - label * z
        }
      }
    }
    return loss
  }

  #forward(rows: Int32Array, start: number, count: number, training: boolean): Float64Array {
    const { inputs } = this.#network
    for (let i = 0; i < count; i++) {
      const row = rows[start + i]!
      this.#batchX.set(this.#x.subarray(row * inputs, (row + 1) * inputs), i * inputs)
    }
    return this.#network.forward(this.#batchX, count, training)
  }
}
