import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { requireDimension } from '../../routing/errors.ts'
import { kMeansRestarted } from '../../routing/numeric/k-means.ts'
import { SeededRandom, shuffle } from '../../routing/numeric/random-source.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'
import { floatVectorField, numberField, requireSnapshot } from '../../routing/prediction/snapshot-fields.ts'
import { stackEmbeddings } from '../../routing/prediction/training-rows.ts'
import type { PromptMap } from './prompt-map.ts'

export interface PromptClustersOptions {
  readonly clusters: number
  readonly seed: number
  /** Starts of k-means++, of which the one of least inertia stays. Default {@link defaultRestarts}. */
  readonly restarts?: number
}

/**
 * 5 up to K = 10 and 2 beyond. Reproductions of UniRoute take 10 throughout (scikit-learn's default then), which a hundred
 * trials of a dozen K each do not have the time for.
 */
export function defaultRestarts(clusters: number): number {
  return clusters <= 10 ? 5 : 2
}

const maxIterations = 50

/** Centroids are found on at most this many prompts, drawn at random: sets are often in the order of their tasks. */
export const maxCentroidPrompts = 4000

/**
 * UniRoute's K-Means map (arXiv:2502.08773, section 5.1): Φ(x) is one-hot at the centroid nearest to the L2-normalised
 * embedding. Fitted without labels.
 */
export class PromptClusters implements PromptMap {
  readonly clusters: number
  readonly #dimension: number
  /** Row-major, [clusters × dimension]. */
  readonly #centroids: Float32Array
  /** ½‖centroid‖². */
  readonly #halfNorms: Float64Array

  /** @param centroids row-major, [K × dimension]; kept. */
  constructor(centroids: Float32Array, dimension: number) {
    this.clusters = centroids.length / dimension
    this.#dimension = dimension
    this.#centroids = centroids
    this.#halfNorms = new Float64Array(this.clusters)
    for (let i = 0; i < centroids.length; i++) this.#halfNorms[Math.floor(i / dimension)]! += centroids[i]! ** 2 / 2
  }

  /** @param contexts at least one; with fewer than K, K is their number. */
  static fit(contexts: readonly RoutingContext[], options: PromptClustersOptions): PromptClusters {
    const { clusters, seed, restarts = defaultRestarts(clusters) } = options
    const dimension = contexts[0]!.embedding.length
    const points = stackEmbeddings(centroidPrompts(contexts, seed))
    const n = points.length / dimension
    const k = Math.min(clusters, n)
    const { centroids } = kMeansRestarted(points, n, dimension, k, new SeededRandom(seed), restarts, maxIterations)
    return new PromptClusters(Float32Array.from(centroids), dimension)
  }

  /** The cluster of a prompt; ties go to the lower one. No allocation. */
  nearest({ embedding }: RoutingContext): number {
    requireDimension('The embedding', embedding.length, this.#dimension)
    let best = 0
    let bestScore = Number.NEGATIVE_INFINITY
    for (let cluster = 0; cluster < this.clusters; cluster++) {
      let score = -this.#halfNorms[cluster]!
      const start = cluster * this.#dimension
      for (let j = 0; j < this.#dimension; j++) score += embedding[j]! * this.#centroids[start + j]!
      if (score > bestScore) {
        bestScore = score
        best = cluster
      }
    }
    return best
  }

  /** The cluster of each prompt. */
  assign(contexts: readonly RoutingContext[]): Int32Array {
    return Int32Array.from(contexts, (context) => this.nearest(context))
  }

  write(context: RoutingContext, phi: Float64Array): void {
    requireDimension('Φ', phi.length, this.clusters)
    phi.fill(0)
    phi[this.nearest(context)] = 1
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'prompt-clusters',
      dimension: this.#dimension,
      centroids: this.#centroids.slice(),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): PromptClusters {
    const fields = requireSnapshot(data, 'prompt-clusters')
    return new PromptClusters(floatVectorField(fields, 'centroids'), numberField(fields, 'dimension'))
  }
}

/** All of them where they are few enough, else as many drawn without replacement. */
function centroidPrompts(contexts: readonly RoutingContext[], seed: number): readonly RoutingContext[] {
  if (contexts.length <= maxCentroidPrompts) return contexts
  const order = Int32Array.from(contexts.keys())
  // Another stream than that of the starts.
  shuffle(order, new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ contexts.length))
  return Array.from(order.subarray(0, maxCentroidPrompts).sort(), (row) => contexts[row]!)
}
