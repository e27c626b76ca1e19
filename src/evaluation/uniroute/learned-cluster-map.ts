import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { requireDimension } from '../../routing/errors.ts'
import { Adam } from '../../routing/numeric/adam.ts'
import { DenseNetwork } from '../../routing/numeric/dense-network.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'
import { objectField, requireSnapshot, vectorField } from '../../routing/prediction/snapshot-fields.ts'
import type { ClusterErrors } from './cluster-errors.ts'
import type { PromptMap } from './prompt-map.ts'

export interface LearnedClusterMapOptions {
  /** `mlp`: what reproductions run; `linear`: what the paper's text says. */
  readonly kind: 'mlp' | 'linear'
  readonly seed: number
}

/** Labelled prompts of the training LLMs. */
export interface LearnedMapTraining {
  /** At least one. */
  readonly contexts: readonly RoutingContext[]
  /** Row-major [prompts × LLMs], NaN unknown. */
  readonly quality: Float64Array
  /** Ψ of the same LLMs; held fixed. */
  readonly psi: ClusterErrors
}

/** As reproductions of UniRoute set it, who claim the paper's: Keras' Adam and its binary cross-entropy. */
const hidden = [128, 128] as const
const learningRate = 0.005
const batch = 64
const probabilityClip = 1e-7
/** The linear map is 64 times smaller and moves as much less per epoch; the paper does not say. */
const epochs = { mlp: 5, linear: 20 } as const

/** Dimensions that vary less than this over the training prompts carry nothing. */
const smallestDeviation = 1e-6

/**
 * UniRoute's LearnedMap (arXiv:2502.08773, section 5.2): Φ(x; θ) = softmax over K clusters of a network on the embedding, θ
 * fitted by the log loss of γ = Φᵀ·Ψ(h) over the training LLMs, Ψ held fixed.
 *
 * Deviations. The embedding is standardised on the training prompts before the batch normalisation of the input: its running
 * moments, which move by a hundredth per step, do not arrive within the few steps that a thousand prompts give. The linear
 * map has an intercept and takes {@link epochs} passes. A prompt's own label is part of Ψ of its cluster, as in the
 * reproductions; clusters hold dozens of prompts.
 */
export class LearnedClusterMap implements PromptMap {
  readonly clusters: number
  readonly #means: Float64Array
  readonly #scales: Float64Array
  readonly #network: DenseNetwork
  readonly #input: Float64Array

  private constructor(means: Float64Array, scales: Float64Array, network: DenseNetwork) {
    this.clusters = network.outputs
    this.#means = means
    this.#scales = scales
    this.#network = network
    this.#input = new Float64Array(means.length)
  }

  /** Deterministic in its arguments. About a second per 1,000 prompts for the network. */
  static fit(training: LearnedMapTraining, { kind, seed }: LearnedClusterMapOptions): LearnedClusterMap {
    const { contexts, psi } = training
    const { means, scales } = standardisation(contexts)
    const random = new SeededRandom(seed)
    const network = new DenseNetwork({
      inputs: means.length,
      hidden: kind === 'mlp' ? hidden : [],
      outputs: psi.clusters,
      batchNorm: kind === 'mlp',
      normaliseInputs: kind === 'mlp',
      random,
    })
    const map = new LearnedClusterMap(means, scales, network)
    map.#train(training, epochs[kind], random)
    return map
  }

  #train({ contexts, quality, psi }: LearnedMapTraining, passes: number, random: SeededRandom): void {
    const optimiser = new Adam(this.#network.parameters(), { learningRate })
    const order = Int32Array.from(contexts.keys())
    const x = new Float64Array(batch * this.#means.length)
    const gradient = new Float64Array(batch * this.clusters)
    for (let pass = 0; pass < passes; pass++) {
      shuffle(order, random)
      for (let start = 0; start < order.length; start += batch) {
        const rows = order.subarray(start, start + batch)
        // A batch of one has no variance to normalise by.
        if (rows.length === 1 && order.length > 1) break
        rows.forEach((row, i) => {
          this.#standardise(contexts[row]!, x.subarray(i * this.#means.length, (i + 1) * this.#means.length))
        })
        const phi = this.#network.forward(x, rows.length, true)
        softmaxRows(phi, rows.length, this.clusters)
        logLossGradient(phi, rows, quality, psi, gradient)
        this.#network.backward(gradient)
        optimiser.step()
      }
    }
  }

  write(context: RoutingContext, phi: Float64Array): void {
    requireDimension('Φ', phi.length, this.clusters)
    this.#standardise(context, this.#input)
    phi.set(this.#network.forward(this.#input, 1, false).subarray(0, this.clusters))
    softmaxRows(phi, 1, this.clusters)
  }

  /** Φ of many prompts, row-major [prompts × clusters]. */
  memberships(contexts: readonly RoutingContext[]): Float64Array {
    const d = this.#means.length
    const x = new Float64Array(contexts.length * d)
    contexts.forEach((context, row) => {
      this.#standardise(context, x.subarray(row * d, (row + 1) * d))
    })
    const phi = this.#network.forward(x, contexts.length, false).slice(0, contexts.length * this.clusters)
    softmaxRows(phi, contexts.length, this.clusters)
    return phi
  }

  #standardise({ embedding }: RoutingContext, out: Float64Array): void {
    requireDimension('The embedding', embedding.length, this.#means.length)
    for (let j = 0; j < out.length; j++) out[j] = (embedding[j]! - this.#means[j]!) * this.#scales[j]!
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'learned-cluster-map',
      means: this.#means.slice(),
      scales: this.#scales.slice(),
      network: this.#network.snapshot(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): LearnedClusterMap {
    const fields = requireSnapshot(data, 'learned-cluster-map')
    const means = vectorField(fields, 'means')
    const scales = vectorField(fields, 'scales', means.length)
    return new LearnedClusterMap(means, scales, DenseNetwork.restore(objectField(fields, 'network')))
  }
}

function standardisation(contexts: readonly RoutingContext[]): {
  readonly means: Float64Array
  readonly scales: Float64Array
} {
  const d = contexts[0]!.embedding.length
  const means = new Float64Array(d)
  const squares = new Float64Array(d)
  for (const { embedding } of contexts) for (let j = 0; j < d; j++) means[j]! += embedding[j]! / contexts.length
  for (const { embedding } of contexts) {
    for (let j = 0; j < d; j++) squares[j]! += (embedding[j]! - means[j]!) ** 2 / contexts.length
  }
  const scales = squares.map((square) => (Math.sqrt(square) > smallestDeviation ? 1 / Math.sqrt(square) : 0))
  return { means, scales }
}

/** In place, row by row. */
function softmaxRows(logits: Float64Array, rows: number, width: number): void {
  for (let start = 0; start < rows * width; start += width) {
    let largest = Number.NEGATIVE_INFINITY
    for (let k = start; k < start + width; k++) largest = Math.max(largest, logits[k]!)
    let sum = 0
    for (let k = start; k < start + width; k++) {
      logits[k] = Math.exp(logits[k]! - largest)
      sum += logits[k]!
    }
    for (let k = start; k < start + width; k++) logits[k]! /= sum
  }
}

/**
 * The gradient of the mean over a batch of −Σ_h [e·log γ + (1 − e)·log(1 − γ)]/M with respect to the logits, where γ = Φᵀ·Ψ(h), e
 * is the loss seen, in [0, 1], and M the number of its known cells. Beyond the clip γ does not count, as in Keras.
 *
 * @param phi row-major [rows × clusters]. @param gradient overwritten, of the same shape.
 */
export function logLossGradient(
  phi: Float64Array,
  rows: Int32Array,
  quality: Float64Array,
  { errors, clusters, llmCount }: ClusterErrors,
  gradient: Float64Array,
): void {
  const slopes = new Float64Array(clusters)
  for (let i = 0; i < rows.length; i++) {
    const start = i * clusters
    slopes.fill(0)
    let known = 0
    for (let llm = 0; llm < llmCount; llm++) {
      const error = 1 - quality[rows[i]! * llmCount + llm]!
      if (Number.isNaN(error)) continue
      known++
      let gamma = 0
      for (let k = 0; k < clusters; k++) gamma += phi[start + k]! * errors[k * llmCount + llm]!
      if (gamma < probabilityClip || gamma > 1 - probabilityClip) continue
      const slope = (gamma - error) / (gamma * (1 - gamma))
      for (let k = 0; k < clusters; k++) slopes[k]! += slope * errors[k * llmCount + llm]!
    }
    let mean = 0
    for (let k = 0; k < clusters; k++) mean += phi[start + k]! * slopes[k]!
    const scale = 1 / (Math.max(1, known) * rows.length)
    for (let k = 0; k < clusters; k++) gradient[start + k] = phi[start + k]! * (slopes[k]! - mean) * scale
  }
}
