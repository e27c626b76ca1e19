import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { Adam } from '../../routing/numeric/adam.ts'
import { DenseNetwork } from '../../routing/numeric/dense-network.ts'
import { kMeans } from '../../routing/numeric/k-means.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import { DesignVector } from '../../routing/prediction/design-vector.ts'
import { stackEmbeddings, summariseColumns } from '../../routing/prediction/training-rows.ts'
import { dearestMeanCost } from '../protocols/static/predictor-policy.ts'
import type { FittedStaticPolicy, StaticPrompts, StaticTraining } from '../protocols/static/static-policy.ts'
import { sweepChoices } from '../protocols/static/sweep-choices.ts'
import { tunedPolicy } from './tuned-policy.ts'

export interface ZooterSetting {
  /** T of softmax(quality/T). */
  readonly temperature: number
  /** β: weight of a prompt's own rewards; the rest is its cluster's. */
  readonly ownShare: number
}

const hidden = 32
const epochs = 12
const batch = 64
const learningRate = 0.003
const weightDecay = 1

/** Clusters that stand in for tags; at least so many rows each. */
const mostClusters = 32
const rowsPerCluster = 20

const candidates: readonly ZooterSetting[] = [0.1, 0.3, 1].flatMap((temperature) =>
  [0.3, 0.7, 1].map((ownShare) => ({ temperature, ownShare })),
)

/**
 * Zooter (Lu et al. 2024, arXiv:2311.08692), re-implemented from its description: rewards are distilled into a router by minimising the
 * Kullback–Leibler divergence from softmax(reward/T) to the router's probabilities p, rewards being smoothed by tag:
 * β·own + (1 − β)·mean of the tag's prompts. Knob: a cost weight.
 *
 * Deviations: rewards are the recorded qualities, not a reward model's; the router is a multilayer perceptron on the bench's context
 * vectors; clusters of embeddings stand in for tags; Zooter has no cost term, so ours is T·ln p − w·ĉ/c_max with the shared predicted cost:
 * T·ln p is in quality units up to a constant of the prompt, and at w = 0 the choice is Zooter's own.
 */
export const zooter = tunedPolicy<ZooterSetting>({ name: 'zooter', candidates: () => candidates, fit: fitZooter })

export function fitZooter(training: StaticTraining): (setting: ZooterSetting) => FittedStaticPolicy {
  const { rows, seed } = training
  const width = rows.llms.length
  const design = DesignVector.fit(rows.contexts)
  const x = design.matrix(rows.contexts)
  const { own, pooled } = rewards(training)
  const costWeights = sweepCostWeights().map((weight) => weight / dearestMeanCost(rows))
  return ({ temperature, ownShare }) => {
    const smoothed = own.map((reward, cell) => ownShare * reward + (1 - ownShare) * pooled[cell]!)
    const network = distil(x, teacherProbabilities(smoothed, width, temperature), width, seed)
    return {
      choose: ({ contexts, predictedCostUsd }) => {
        const predictedQuality = scaledLogProbabilities(network, design, contexts, temperature)
        return sweepChoices({ llmCount: width, predictedQuality, predictedCostUsd }, costWeights)
      },
    }
  }
}

/** Each prompt's rewards and its cluster's mean rewards, row-major; an unknown one is the LLM's mean. */
function rewards({ rows, seed }: StaticTraining): { readonly own: Float64Array; readonly pooled: Float64Array } {
  const width = rows.llms.length
  const n = rows.contexts.length
  const { means } = summariseColumns(rows.quality, width)
  const own = rows.quality.map((value, cell) => (Number.isNaN(value) ? means[cell % width]! : value))
  const points = stackEmbeddings(rows.contexts)
  const clusters = Math.max(1, Math.min(mostClusters, Math.floor(n / rowsPerCluster)))
  const { assignment } = kMeans(points, n, points.length / n, clusters, new SeededRandom(seed))
  const sums = new Float64Array(clusters * width)
  const sizes = new Float64Array(clusters)
  assignment.forEach((cluster, row) => {
    sizes[cluster]!++
    for (let llm = 0; llm < width; llm++) sums[cluster * width + llm]! += own[row * width + llm]!
  })
  const pooled = own.map((_, cell) => {
    const cluster = assignment[Math.floor(cell / width)]!
    return sums[cluster * width + (cell % width)]! / sizes[cluster]!
  })
  return { own, pooled }
}

/** softmax(reward/T) of each row. @param rewardCells row-major [rows × width]. */
export function teacherProbabilities(rewardCells: Float64Array, width: number, temperature: number): Float64Array {
  const probabilities = new Float64Array(rewardCells.length)
  for (let start = 0; start < rewardCells.length; start += width) {
    const target = probabilities.subarray(start, start + width)
    target.set(rewardCells.subarray(start, start + width).map((reward) => reward / temperature))
    softmaxInPlace(target)
  }
  return probabilities
}

/** Minimises the cross-entropy to the teacher, which is the divergence up to a constant. */
function distil(x: Float64Array, teacher: Float64Array, width: number, seed: number): DenseNetwork {
  const random = new SeededRandom(seed)
  const rows = teacher.length / width
  const inputs = x.length / rows
  const network = new DenseNetwork({ inputs, hidden: [hidden], outputs: width, random, zeroLastLayer: true })
  const adam = new Adam(network.parameters(), { learningRate, weightDecay })
  const order = Int32Array.from({ length: rows }, (_, row) => row)
  const batchX = new Float64Array(batch * inputs)
  const gradient = new Float64Array(batch * width)
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random)
    for (let start = 0; start < rows; start += batch) {
      const count = Math.min(batch, rows - start)
      for (let i = 0; i < count; i++) {
        const row = order[start + i]!
        batchX.set(x.subarray(row * inputs, (row + 1) * inputs), i * inputs)
      }
      gradient.set(network.forward(batchX, count, true).subarray(0, count * width))
      for (let i = 0; i < count; i++) {
        const student = gradient.subarray(i * width, (i + 1) * width)
        softmaxInPlace(student)
        const target = order[start + i]! * width
        for (let llm = 0; llm < width; llm++) student[llm] = (student[llm]! - teacher[target + llm]!) / count
      }
      network.backward(gradient)
      adam.step()
    }
  }
  return network
}

/** T·ln p of each prompt and LLM, row-major. */
function scaledLogProbabilities(
  network: DenseNetwork,
  design: DesignVector,
  contexts: StaticPrompts['contexts'],
  temperature: number,
): Float64Array {
  const width = network.outputs
  const x = design.matrix(contexts)
  const out = new Float64Array(contexts.length * width)
  for (let row = 0; row < contexts.length; row++) {
    const logits = network.forward(x.subarray(row * design.dimension, (row + 1) * design.dimension), 1, false)
    const probabilities = logits.slice(0, width)
    softmaxInPlace(probabilities)
    for (let llm = 0; llm < width; llm++) out[row * width + llm] = temperature * Math.log(probabilities[llm]!)
  }
  return out
}

function softmaxInPlace(values: Float64Array): void {
  const most = Math.max(...values)
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.exp(values[i]! - most)
    sum += values[i]!
  }
  for (let i = 0; i < values.length; i++) values[i]! /= sum
}
