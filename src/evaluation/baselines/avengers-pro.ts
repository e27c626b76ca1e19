import { sweepCostWeights } from '../../routing/decision/cost-quality-hull.ts'
import { kMeans } from '../../routing/numeric/k-means.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { stackEmbeddings, summariseColumns } from '../../routing/prediction/training-rows.ts'
import type { FittedStaticPolicy, StaticPrompts, StaticTraining } from '../protocols/static/static-policy.ts'
import { sweepChoices } from '../protocols/static/sweep-choices.ts'
import { tunedPolicy } from './tuned-policy.ts'

export interface AvengersSetting {
  /** K. */
  readonly clusters: number
  /** Nearest clusters that vote on a prompt. */
  readonly neighbours: number
  /** β of softmax(−β·distance) over them. */
  readonly sharpness: number
}

/** Two halves of an LLM's mark in each cluster, row-major clusters × LLMs, in [0, 1]. */
interface ClusterMarks {
  /** Row-major, clusters × d. */
  readonly centroids: Float64Array
  /** Accuracy, scaled to [0, 1] between the cluster's worst and best LLM; all 0 where they are equal. */
  readonly accuracy: Float64Array
  /** 1 − cost/cost of the cluster's dearest LLM. */
  readonly thrift: Float64Array
}

const candidates: readonly AvengersSetting[] = [16, 32, 64].flatMap((clusters) =>
  [2, 4].flatMap((neighbours) => [6, 9].map((sharpness) => ({ clusters, neighbours, sharpness }))),
)

/**
 * Avengers-Pro (arXiv:2508.12631), re-implemented from its description: K-means over L2-normalised embeddings; in each cluster an
 * LLM's mark is α·minmax(accuracy) + (1 − α)·(1 − cost/cost_max); a prompt takes the LLM with the largest sum of marks over its nearest
 * clusters, weighted by softmax(−β·distance). Knob: α.
 *
 * Deviations: embeddings are those of the bench, not a hosted encoder's; K, β and the number of clusters that vote are tuned within the
 * ranges its authors use; α takes the values at which (1 − α)/α are the bench's cost weights; an LLM without an outcome in a cluster takes
 * its overall mean there.
 */
export const avengersPro = tunedPolicy<AvengersSetting>({
  name: 'avengers-pro',
  candidates: () => candidates,
  fit: (training) => fitAvengers(training),
})

/** Clusters once per K; what a setting adds is only how they vote. */
export function fitAvengers(training: StaticTraining): (setting: AvengersSetting) => FittedStaticPolicy {
  const known = new Map<number, ClusterMarks>()
  return (setting) => {
    const marks = known.get(setting.clusters) ?? clusterMarks(training, setting.clusters)
    known.set(setting.clusters, marks)
    return { choose: (prompts) => choose(marks, setting, prompts, training.rows.llms.length) }
  }
}

function clusterMarks({ rows, seed }: StaticTraining, wanted: number): ClusterMarks {
  const width = rows.llms.length
  const n = rows.contexts.length
  const points = normalised(rows.contexts)
  const clusters = Math.min(wanted, n)
  const { centroids, assignment } = kMeans(points, n, points.length / n, clusters, new SeededRandom(seed))
  const qualities = clusterMeans(rows.quality, width, assignment, clusters)
  const costs = clusterMeans(rows.costUsd, width, assignment, clusters)
  const accuracy = new Float64Array(clusters * width)
  const thrift = new Float64Array(clusters * width)
  for (let start = 0; start < accuracy.length; start += width) {
    const marks = qualities.subarray(start, start + width)
    const best = Math.max(...marks)
    const worst = Math.min(...marks)
    const dearest = Math.max(...costs.subarray(start, start + width))
    for (let llm = 0; llm < width; llm++) {
      accuracy[start + llm] = best > worst ? (marks[llm]! - worst) / (best - worst) : 0
      thrift[start + llm] = dearest > 0 ? 1 - costs[start + llm]! / dearest : 0
    }
  }
  return { centroids, accuracy, thrift }
}

function clusterMeans(cells: Float64Array, width: number, assignment: Int32Array, clusters: number): Float64Array {
  const { means } = summariseColumns(cells, width)
  const sums = new Float64Array(clusters * width)
  const counts = new Float64Array(clusters * width)
  assignment.forEach((cluster, row) => {
    for (let llm = 0; llm < width; llm++) {
      const value = cells[row * width + llm]!
      if (Number.isNaN(value)) continue
      sums[cluster * width + llm]! += value
      counts[cluster * width + llm]!++
    }
  })
  return sums.map((sum, i) => (counts[i]! > 0 ? sum / counts[i]! : means[i % width]!))
}

function choose(marks: ClusterMarks, setting: AvengersSetting, prompts: StaticPrompts, width: number) {
  const { centroids, accuracy, thrift } = marks
  const count = prompts.contexts.length
  const points = normalised(prompts.contexts)
  const d = points.length / count
  const gain = new Float64Array(count * width)
  const saving = new Float64Array(count * width)
  for (let prompt = 0; prompt < count; prompt++) {
    const point = points.subarray(prompt * d, (prompt + 1) * d)
    for (const { cluster, weight } of votes(centroids, point, setting)) {
      for (let llm = 0; llm < width; llm++) {
        gain[prompt * width + llm]! += weight * accuracy[cluster * width + llm]!
        saving[prompt * width + llm]! += weight * thrift[cluster * width + llm]!
      }
    }
  }
  // α·gain + (1 − α)·saving orders LLMs as gain − w·(−saving) does at w = (1 − α)/α.
  const predictedCostUsd = saving.map((value) => -value)
  return sweepChoices({ llmCount: width, predictedQuality: gain, predictedCostUsd }, sweepCostWeights())
}

function votes(centroids: Float64Array, point: Float32Array, { neighbours, sharpness }: AvengersSetting) {
  const d = point.length
  const distances: { readonly cluster: number; readonly distance: number }[] = []
  for (let cluster = 0; cluster < centroids.length / d; cluster++) {
    let squares = 0
    for (let j = 0; j < d; j++) squares += (point[j]! - centroids[cluster * d + j]!) ** 2
    distances.push({ cluster, distance: Math.sqrt(squares) })
  }
  distances.sort((a, b) => a.distance - b.distance)
  const nearest = distances.slice(0, neighbours)
  const raw = nearest.map(({ distance }) => Math.exp(-sharpness * (distance - nearest[0]!.distance)))
  const sum = raw.reduce((total, weight) => total + weight, 0)
  return nearest.map(({ cluster }, i) => ({ cluster, weight: raw[i]! / sum }))
}

/** Embeddings divided by their length, row-major; a zero vector stays. */
function normalised(contexts: StaticPrompts['contexts']): Float32Array {
  const points = stackEmbeddings(contexts)
  const d = points.length / Math.max(1, contexts.length)
  for (let start = 0; start < points.length; start += d) {
    let squares = 0
    for (let j = start; j < start + d; j++) squares += points[j]! ** 2
    const length = Math.sqrt(squares)
    if (length > 0) for (let j = start; j < start + d; j++) points[j]! /= length
  }
  return points
}
