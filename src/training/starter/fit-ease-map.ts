import type { RoutingContext } from '../../routing/embedding/routing-context.ts'
import { kMeans } from '../../routing/numeric/k-means.ts'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { ClusterMap } from '../../routing/prediction/cluster-map.ts'
import { stackEmbeddings } from '../../routing/prediction/training-rows.ts'
import { type Abilities, logistic } from './fit-abilities.ts'
import type { PooledData } from './starter-data.ts'

/** Clusters of the prompts at one scale. */
interface Assignment {
  readonly clusters: number
  readonly centroids: Float32Array
  /** Cluster of each prompt. */
  readonly of: Int32Array
}

export interface PromptClusters {
  readonly dimension: number
  readonly assignments: readonly Assignment[]
}

const scales = [4, 8, 16, 32, 64] as const

/** Prompts that the overall ease counts for in a cluster, as in the shrunk clusters of mathematics §6. */
const easePrompts = 10

/** A smaller cluster is left out: the centre of one prompt would be that prompt's vector. */
const fewestMembers = 5

const newtonSteps = 12

/** K-means at several scales. */
export function clusterPrompts(contexts: readonly RoutingContext[], setOf: Int32Array, seed: number): PromptClusters {
  const dimension = contexts[0]!.embedding.length
  const points = stackEmbeddings(contexts)
  const random = new SeededRandom(seed)
  const assignments = scales.map((clusters) => {
    const { centroids, assignment } = kMeans(points, setOf.length, dimension, clusters, random)
    return { clusters, centroids: Float32Array.from(centroids), of: assignment }
  })
  return { dimension, assignments }
}

/**
 * The ease of each cluster at the abilities given, as a map (mathematics §22). Every prompt weighs as much, however many LLMs
 * answered it.
 */
export function fitEaseMap(
  pooled: PooledData,
  { dimension, assignments }: PromptClusters,
  abilities: Abilities,
): ClusterMap {
  const rows = pooled.setOf.map((_, row) => row)
  const overall = easeOf(pooled, rows, abilities, 0, 0)
  return ClusterMap.restore({
    formatVersion: 1,
    kind: 'cluster-map',
    dimension,
    shrinkage: easePrompts,
    deviations: new Float64Array(1),
    scales: assignments.map(({ clusters, centroids, of }) => {
      const members = Array.from({ length: clusters }, () => [] as number[])
      for (const row of rows) members[of[row]!]!.push(row)
      const kept = members.flatMap((inside, cluster) => (inside.length < fewestMembers ? [] : [cluster]))
      // Of a handful of prompts there is nothing to tell apart.
      const used = kept.length === 0 ? [...members.keys()] : kept
      return {
        centroids: Float32Array.from(
          used.flatMap((cluster) => [...centroids.subarray(cluster * dimension, (cluster + 1) * dimension)]),
        ),
        means: Float64Array.from(used, (cluster) => easeOf(pooled, members[cluster]!, abilities, overall, easePrompts)),
        counts: Float64Array.from(used, (cluster) => members[cluster]!.length),
      }
    }),
  })
}

/** Newton's solution of Σ rows, mean over known LLMs of (q − σ(ability + e)) + prior·information·(overall − e) = 0. */
function easeOf(
  pooled: PooledData,
  rows: ArrayLike<number>,
  { ability }: Abilities,
  overall: number,
  prior: number,
): number {
  const width = pooled.llms.length
  let ease = overall
  for (let step = 0; step < newtonSteps; step++) {
    let slope = prior * 0.2 * (overall - ease)
    let curvature = prior * 0.2 + 1e-9
    for (let i = 0; i < rows.length; i++) {
      let known = 0
      let miss = 0
      let information = 0
      for (let llm = 0; llm < width; llm++) {
        const quality = pooled.quality[rows[i]! * width + llm]!
        if (Number.isNaN(quality)) continue
        const q = logistic(ability[llm]! + ease)
        miss += quality - q
        information += q * (1 - q)
        known++
      }
      if (known === 0) continue
      slope += miss / known
      curvature += information / known
    }
    ease += Math.min(1, Math.max(-1, slope / curvature))
  }
  return ease
}
