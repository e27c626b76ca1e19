import type { RoutingContext } from '../../../routing/embedding/routing-context.ts'
import type { TrainingRows } from '../../../routing/prediction/training-rows.ts'
import { type ClusterErrors, clusterErrors } from '../../uniroute/cluster-errors.ts'
import { LearnedClusterMap } from '../../uniroute/learned-cluster-map.ts'
import { PromptClusters } from '../../uniroute/prompt-clusters.ts'

/** The prompts of one trial in K clusters of its training prompts. */
export interface TrialClustering {
  readonly clusters: number
  readonly train: Int32Array
  /** All probes; the first N are S_val of that size. */
  readonly probes: Int32Array
  readonly test: Int32Array
  /** Ψ of the training LLMs from their training labels. */
  readonly seenPsi: ClusterErrors
}

interface ClusteredPrompts {
  readonly seed: number
  /** Training prompts × training LLMs: what is clustered, and what LearnedMap learns from. */
  readonly seenTrain: TrainingRows
  readonly probes: readonly RoutingContext[]
  readonly test: readonly RoutingContext[]
}

export type LearnedKind = 'mlp' | 'linear'

/** Clusterings and learned maps of one trial, made when first asked for and shared by all sizes of S_val. */
export class TrialClusters {
  readonly #prompts: ClusteredPrompts
  readonly #hard = new Map<number, TrialClustering>()
  readonly #soft = new Map<string, Float64Array>()

  constructor(prompts: ClusteredPrompts) {
    this.#prompts = prompts
  }

  hard(clusters: number): TrialClustering {
    const known = this.#hard.get(clusters)
    if (known !== undefined) return known
    const { seed, seenTrain, probes, test } = this.#prompts
    const map = PromptClusters.fit(seenTrain.contexts, { clusters, seed })
    const train = map.assign(seenTrain.contexts)
    const clustering = {
      clusters: map.clusters,
      train,
      probes: map.assign(probes),
      test: map.assign(test),
      seenPsi: clusterErrors(train, map.clusters, seenTrain.quality, seenTrain.llms.length),
    }
    this.#hard.set(clusters, clustering)
    return clustering
  }

  /** Φ of the test prompts under LearnedMap with Ψ of the training LLMs from their training labels, [test × K]. */
  soft(clusters: number, kind: LearnedKind): Float64Array {
    const key = `${kind}-${clusters}`
    const known = this.#soft.get(key)
    if (known !== undefined) return known
    const phi = this.softWith(this.hard(clusters).seenPsi, kind)
    this.#soft.set(key, phi)
    return phi
  }

  /** The same with another Ψ of the training LLMs; not kept. */
  softWith(psi: ClusterErrors, kind: LearnedKind): Float64Array {
    const { seed, seenTrain, test } = this.#prompts
    const training = { contexts: seenTrain.contexts, quality: seenTrain.quality, psi }
    return LearnedClusterMap.fit(training, { kind, seed }).memberships(test)
  }
}
