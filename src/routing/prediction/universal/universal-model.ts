import type { RoutingContext } from '../../embedding/routing-context.ts'
import { RoutingError, requireDimension } from '../../errors.ts'
import type { SnapshotData } from '../../policy-store.ts'
import type { LlmId } from '../../registry/llm.ts'
import { ClusterMap } from '../cluster-map.ts'
import {
  arrayField,
  numberField,
  objectField,
  requireSnapshot,
  type SnapshotFields,
  stringsField,
  vectorField,
} from '../snapshot-fields.ts'
import { type LlmDescription, numbersField } from './llm-description.ts'
import {
  deviationsAt,
  estimateFromProbes,
  estimatorNames,
  type LevelPrior,
  type UniversalBasis,
} from './universal-estimators.ts'

/** How the estimators are put together. */
export interface EstimatorFit {
  /** ≥ 0, sum 1. */
  readonly weights: readonly number[]
  /** κ. */
  readonly trust: number
}

/** What the episodes found best for newcomers with so many labels. */
export interface EpisodeFit extends EstimatorFit {
  readonly labels: number
}

export interface UniversalParts {
  /** The training LLMs, in the order of every `base` and `anchors`. May be none. */
  readonly llms: readonly LlmId[]
  readonly basis: UniversalBasis
  /** Only its centroids are used. */
  readonly clusters: ClusterMap
  /** By rising labels; none where there are too few training LLMs to hide one. */
  readonly episodes: readonly EpisodeFit[]
  /** Error of the level times √labels, quality units; > 0. */
  readonly levelDeviation: number
  /** n₀: labels at which an LLM's own fitted predictor is worth as much as this model. */
  readonly ownLabels: number
  /** Labels from which an LLM is a training LLM, and left to its own predictor. Undefined: none is enough. */
  readonly fullLabels?: number | undefined
}

/** Labelled prompts of one LLM; matrices are row-major, M as in {@link UniversalModel.llms}. */
export interface ProbeLabels {
  readonly contexts: readonly RoutingContext[]
  /** The LLM's quality on each, [0, 1]; NaN is unknown. */
  readonly quality: Float64Array
  /** q̂ of the training LLMs on each, [contexts × M]. */
  readonly base: Float64Array
  /** What the training LLMs actually reached there, [contexts × M]; NaN is unknown. Default: all unknown. */
  readonly anchors?: Float64Array
  /** The LLM's mean cost per call, USD, where known. */
  readonly costUsd?: number | undefined
}

/**
 * Quality of LLMs that nothing was trained on, from a few labelled prompts (mathematics §19): shrunk multi-scale clusters, a
 * fold-in on the training LLMs' predicted quality and one anchored on their actual outcomes, weighted and drawn to the LLM's
 * level as leaving out one training LLM at a time has shown best for so many labels. Frozen with a policy version.
 */
export class UniversalModel {
  readonly llms: readonly LlmId[]
  readonly #parts: UniversalParts
  readonly #assignment: Int32Array
  readonly #base: Float64Array
  readonly #deviations = new Float64Array(estimatorNames.length)

  /**
   * @param parts kept, not copied.
   * @throws {RoutingError} `dimension_mismatch`; `invalid_option` for a κ outside [0, 1].
   */
  constructor(parts: UniversalParts) {
    for (const { trust } of parts.episodes) {
      if (!(trust >= 0 && trust <= 1)) throw new RoutingError('invalid_option', `κ must be in [0, 1], not ${trust}`)
    }
    this.llms = parts.llms
    this.#parts = parts
    requireDimension('The base means', parts.basis.baseMeans.length, parts.llms.length)
    this.#assignment = new Int32Array(parts.clusters.scales.length)
    this.#base = new Float64Array(parts.llms.length)
  }

  get episodes(): readonly EpisodeFit[] {
    return this.#parts.episodes
  }

  /** n₀. */
  get ownLabels(): number {
    return this.#parts.ownLabels
  }

  /** σ², of one label around q̂. */
  get noiseVariance(): number {
    return this.#parts.basis.noiseVariance
  }

  /** n/(n + n₀·(1 − n/m)): how far an LLM with n labels is left to its own fitted predictor; wholly from m, as training LLMs are. */
  ownWeight(labels: number): number {
    const { ownLabels, fullLabels = Number.POSITIVE_INFINITY } = this.#parts
    return labels === 0 ? 0 : labels / (labels + ownLabels * Math.max(0, 1 - labels / fullLabels))
  }

  /**
   * @param fit takes the place of what the episodes found for so many labels, in whole or in part.
   * @returns what {@link predict} needs of the LLM; without any label, a mean training LLM. O(N·M² + M³).
   * @throws {RoutingError} `dimension_mismatch`; `invalid_option` for values out of range.
   */
  describe(
    { contexts, quality, base, anchors, costUsd }: ProbeLabels,
    fit: Partial<EstimatorFit> = {},
  ): LlmDescription {
    const width = this.llms.length
    const scales = this.#assignment.length
    requireDimension('The labels', quality.length, contexts.length)
    requireDimension('The base predictions', base.length, contexts.length * width)
    if (anchors !== undefined) requireDimension('The anchors', anchors.length, contexts.length * width)
    requireQualities('The labels', quality)
    requireQualities('The anchors', anchors ?? quality)
    if (!base.every(Number.isFinite)) throw new RoutingError('invalid_option', 'The base predictions must be finite')
    if (costUsd !== undefined && !(costUsd >= 0 && costUsd < Number.POSITIVE_INFINITY)) {
      throw new RoutingError('invalid_option', `The cost must be ≥ 0 and finite, not ${costUsd}`)
    }
    const assignment = new Int32Array(contexts.length * scales)
    contexts.forEach((context, row) => {
      this.#parts.clusters.assign(context, assignment.subarray(row * scales, (row + 1) * scales))
    })
    const { levels, ...estimates } = estimateFromProbes(this.#parts.basis, {
      assignment,
      base,
      anchors: anchors ?? base,
      quality,
      costUsd,
    })
    const { weights, trust } = { ...this.#fitFor(estimates.labels), ...fit }
    const level = levels.reduce((sum, value, j) => sum + weights[j]! * value, 0)
    const information = 1 / this.#parts.basis.level.variance + estimates.labels / this.#parts.levelDeviation ** 2
    return {
      formatVersion: 1,
      kind: 'llm-description',
      ...estimates,
      level: Math.min(1, Math.max(0, level)),
      levelError: Math.sqrt(1 / information),
      weights,
      trust,
    }
  }

  /** Reads a request, for the calls of {@link quality} and {@link standardError} that follow. No allocation. */
  prepare(context: RoutingContext, base: Float64Array): void {
    requireDimension('The base predictions', base.length, this.llms.length)
    this.#parts.clusters.assign(context, this.#assignment)
    this.#base.set(base)
  }

  /** q̂ of the prepared request, [0, 1]. O(M), no allocation. */
  quality(description: LlmDescription): number {
    const mean = this.#meanDeviation(description)
    return Math.min(1, Math.max(0, description.level + description.trust * mean))
  }

  /** Of the latest {@link quality}'s q̂, for the same description: the level's error and the disagreement of the estimators. */
  standardError({ levelError, trust, weights }: LlmDescription): number {
    let mean = 0
    for (let j = 0; j < weights.length; j++) mean += weights[j]! * this.#deviations[j]!
    let variance = 0
    for (let j = 0; j < weights.length; j++) variance += weights[j]! * (this.#deviations[j]! - mean) ** 2
    return Math.min(maximumError, Math.sqrt(levelError ** 2 + trust ** 2 * variance))
  }

  /** One LLM on one request. @param base q̂ of the training LLMs for it, shape [M]. */
  predict(
    context: RoutingContext,
    base: Float64Array,
    description: LlmDescription,
  ): { readonly quality: number; readonly standardError: number } {
    this.prepare(context, base)
    return { quality: this.quality(description), standardError: this.standardError(description) }
  }

  #meanDeviation(description: LlmDescription): number {
    deviationsAt(this.#parts.basis, description, this.#assignment, this.#base, this.#deviations)
    let mean = 0
    for (let j = 0; j < this.#deviations.length; j++) mean += description.weights[j]! * this.#deviations[j]!
    return mean
  }

  /** Between two episodes linear in log(labels), beyond them the nearest. */
  #fitFor(labels: number): EstimatorFit {
    const { episodes } = this.#parts
    if (this.llms.length === 0) return clustersAlone
    if (episodes.length === 0) return allAlike
    const next = episodes.findIndex((episode) => episode.labels >= labels)
    if (next <= 0) return episodes.at(next)!
    const [left, right] = [episodes[next - 1]!, episodes[next]!]
    const share = Math.log(labels / left.labels) / Math.log(right.labels / left.labels)
    const between = (a: number, b: number): number => a + share * (b - a)
    return {
      weights: left.weights.map((weight, j) => between(weight, right.weights[j]!)),
      trust: between(left.trust, right.trust),
    }
  }

  snapshot(): SnapshotData {
    const { llms, basis, clusters, episodes, levelDeviation, ownLabels, fullLabels } = this.#parts
    return {
      formatVersion: 1,
      kind: 'universal',
      llms,
      basis: {
        ...basis,
        scales: [...basis.scales],
        clusterShares: basis.clusterShares.slice(),
        baseMeans: basis.baseMeans.slice(),
        level: snapshotLevel(basis.level),
      },
      clusters: clusters.snapshot(),
      episodes: episodes.map((episode) => ({ ...episode, weights: [...episode.weights] })),
      levelDeviation,
      ownLabels,
      ...(fullLabels === undefined ? {} : { fullLabels }),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): UniversalModel {
    const fields = requireSnapshot(data, 'universal')
    const basis = objectField(fields, 'basis')
    const level = objectField(basis, 'level')
    const llms = stringsField(fields, 'llms')
    return new UniversalModel({
      llms,
      basis: {
        scales: numbersField(basis, 'scales'),
        clusterShares: vectorField(basis, 'clusterShares'),
        baseMeans: vectorField(basis, 'baseMeans', llms.length),
        noiseVariance: numberField(basis, 'noiseVariance'),
        level: restoreLevel(level),
      },
      clusters: ClusterMap.restore(objectField(fields, 'clusters')),
      episodes: arrayField(fields, 'episodes').map((entry) => {
        const episode = objectField({ episode: entry }, 'episode')
        return {
          labels: numberField(episode, 'labels'),
          weights: numbersField(episode, 'weights'),
          trust: numberField(episode, 'trust'),
        }
      }),
      levelDeviation: numberField(fields, 'levelDeviation'),
      ownLabels: numberField(fields, 'ownLabels'),
      // Versions from before have none.
      ...(fields.fullLabels === undefined ? {} : { fullLabels: numberField(fields, 'fullLabels') }),
    })
  }
}

/** @throws {RoutingError} `invalid_option` unless each is in [0, 1] or NaN. */
function requireQualities(what: string, values: Float64Array): void {
  const wrong = values.find((value) => value < 0 || value > 1)
  if (wrong !== undefined) throw new RoutingError('invalid_option', `${what} must be in [0, 1] or NaN, not ${wrong}`)
}

function snapshotLevel({ costRange, ...level }: LevelPrior): SnapshotData {
  return costRange === undefined ? { ...level } : { ...level, costRange: [...costRange] }
}

function restoreLevel(fields: SnapshotFields): LevelPrior {
  const level = {
    mean: numberField(fields, 'mean'),
    variance: numberField(fields, 'variance'),
    slope: numberField(fields, 'slope'),
    logCost: numberField(fields, 'logCost'),
  }
  if (fields.costRange === undefined) return level
  const [least, most] = numbersField(fields, 'costRange')
  return { ...level, costRange: [least!, most!] }
}

/** Of a quality in [0, 1]. */
const maximumError = 0.5

const clustersAlone = { weights: [1, 0, 0], trust: 1 } as const
/** Nothing to choose by. */
const allAlike = { weights: [1 / 3, 1 / 3, 1 / 3], trust: 1 } as const
