import type { QualitySource } from './decision.ts'
import type { Embedder } from './embedding/embedder.ts'
import type { RoutingContext } from './embedding/routing-context.ts'
import { RoutingError } from './errors.ts'
import { residualDimension, writeResidualFeatures } from './learning/residual-features.ts'
import { type PriorDeviation, ResidualLearner } from './learning/residual-learner.ts'
import type { Label } from './outcome.ts'
import type { SnapshotData } from './policy-store.ts'
import type { CostPredictor } from './prediction/cost-predictor.ts'
import type { FittedPolicy } from './prediction/fitted-policy.ts'
import { priceCostReferenceUsd, priceQualityPrior } from './prediction/price-prior.ts'
import { TokenCostPredictor } from './prediction/token-cost-predictor.ts'
import type { Llm, LlmId } from './registry/llm.ts'

export interface LearningOptions {
  /** γ of the residual learner. */
  readonly discount: number
  /** How wrong the offline estimate may be, by where it comes from. */
  readonly priors: Readonly<Record<QualitySource, PriorDeviation>>
  /** Standard deviation of a score around its mean where nothing was fitted, quality units. */
  readonly unfittedNoise: number
}

export const defaultLearning: LearningOptions = {
  discount: 0.997,
  priors: {
    fitted: { level: 0.02, slope: 0.003 },
    described: { level: 0.05, slope: 0.005 },
    starter: { level: 0.1, slope: 0.01 },
    sibling: { level: 0.15, slope: 0.015 },
    prior: { level: 0.25, slope: 0.02 },
  },
  unfittedNoise: 0.25,
}

/** Fewer labels than this in a pool without fitted LLMs, and the estimates are priors rather than knowledge. */
const labelsUntilWarm = 100

/** Scores that never missed a fitted estimate still may: without a floor the first one that does would be believed whole. */
const smallestScoreVariance = 0.01

/** q̂₀ of an LLM whose first label says nothing of an offline estimate: the middle of the price prior. */
const anchorWithoutEstimate = 0.65

/** A thumb is a draw from {0, 1}; near certainty its variance would vanish and one thumb would outweigh everything. */
const smallestThumbVariance = 0.05

/** Buffers for the estimates of up to `capacity` candidates, in candidate order. */
export interface QualityEstimates {
  readonly offline: Float64Array
  readonly mean: Float64Array
  readonly uncertainty: Float64Array
  /** Where `offline` comes from. */
  readonly source: QualitySource[]
}

export function newQualityEstimates(capacity: number): QualityEstimates {
  return {
    offline: new Float64Array(capacity),
    mean: new Float64Array(capacity),
    uncertainty: new Float64Array(capacity),
    source: new Array<QualitySource>(capacity).fill('prior'),
  }
}

/**
 * What the router believes of quality and cost: one fitted version, frozen, and what was learned since. Choosing and
 * drawing are not its business.
 */
export class RoutingPolicy {
  readonly embedder: Embedder
  readonly fitted: FittedPolicy | undefined
  readonly cost: CostPredictor
  /** C_ref, frozen with the version: adding a dear LLM must not move everyone's λ. */
  readonly costReferenceUsd: number
  readonly options: LearningOptions
  #learner: ResidualLearner
  readonly #fittedIndex: ReadonlyMap<LlmId, number>
  readonly #fittedQuality: Float64Array
  readonly #features = new Float64Array(residualDimension)
  /** Mean of what the fitted LLMs reach above the price prior: puts newcomers on the same scale. */
  readonly #priorShift: number

  /**
   * @param pool the LLMs registered now; only their prices are read, for the scales of cost and prior.
   * @throws {RoutingError} `embedder_mismatch` when the version was fitted on another embedder's vectors.
   */
  constructor(parts: {
    readonly embedder: Embedder
    readonly fitted?: FittedPolicy | undefined
    readonly pool: readonly Llm[]
    /** Default: the version's own, or list price × a prior length. */
    readonly cost?: CostPredictor
    readonly options?: Partial<LearningOptions>
  }) {
    const { embedder, fitted, pool } = parts
    if (fitted !== undefined && fitted.embedderId !== embedder.id) {
      throw new RoutingError(
        'embedder_mismatch',
        `Policy version ${fitted.id} was fitted with embedder ${fitted.embedderId}, not ${embedder.id}`,
      )
    }
    this.embedder = embedder
    this.fitted = fitted
    this.cost = parts.cost ?? fitted?.cost ?? TokenCostPredictor.unfitted()
    this.options = { ...defaultLearning, ...parts.options }
    this.costReferenceUsd = fitted?.costReferenceUsd ?? priceCostReferenceUsd(pool)
    const fittedLlms = fitted?.quality.llms ?? []
    this.#fittedIndex = new Map(fittedLlms.map((id, index) => [id, index]))
    this.#fittedQuality = new Float64Array(fittedLlms.length)
    this.#priorShift = priorShift(pool, fitted)
    this.#learner = this.#newLearner()
  }

  get version(): string {
    return this.fitted?.id ?? 'unfitted'
  }

  /** The last label that was folded in. */
  get labelSequence(): number {
    return this.#learner.sequence
  }

  /** Whether these candidates are judged by their prices, or by the starter policy, alone. */
  isCold(candidates: readonly Llm[]): boolean {
    let labels = 0
    for (const { id } of candidates) {
      if (this.#fittedIndex.has(id) && this.fitted?.isStarter === false) return false
      labels += this.#learner.labelCount(id)
    }
    return labels < labelsUntilWarm
  }

  /** The level that a q̂ stands for, as compared with floors. */
  reportedQuality(quality: number): number {
    return this.fitted?.reportedQuality(quality) ?? quality
  }

  /** Fills `out` in candidate order. No allocation. */
  estimateQuality(context: RoutingContext, candidates: readonly Llm[], out: QualityEstimates): void {
    this.#predictFitted(context)
    writeResidualFeatures(context, this.#features)
    for (let i = 0; i < candidates.length; i++) {
      const llm = candidates[i]!
      const index = this.#fittedIndex.get(llm.id)
      const offline = index === undefined ? this.#anchorOrPrior(llm) : this.#fittedQuality[index]!
      out.source[i] = index === undefined ? 'prior' : this.fitted!.llms[index]!.source
      out.offline[i] = offline
      out.mean[i] = clipQuality(offline + this.#learner.correction(llm.id, this.#features))
      out.uncertainty[i] = this.#learner.uncertainty(llm.id, this.#features)
    }
  }

  /**
   * Folds in one label; labels must come in the order of their sequence. What is learned depends on the labels alone,
   * not on the pool or the prices of the day: the LLM may have left, and is remembered for its return.
   *
   * @returns false when it teaches nothing: made without a context, or with another embedder.
   */
  learn(label: Label): boolean {
    const { context, revises } = label
    if (context.embedderId !== this.embedder.id || context.embedding.length === 0) {
      this.#learner.skip(label.sequence)
      return false
    }
    const { offline, noise } = this.#offlineOf(label)
    writeResidualFeatures(context, this.#features)
    const features = this.#features
    const observe = (sequence: number, value: number, kind: Label['kind']) => {
      return { sequence, features, residual: value - offline, noiseVariance: observationVariance(kind, offline, noise) }
    }
    const observation = observe(label.sequence, label.value, label.kind)
    if (revises === undefined) this.#learner.observe(label.llm, observation)
    else this.#learner.revise(label.llm, observe(revises.sequence, revises.value, revises.kind), observation)
    return true
  }

  /** The learned state alone; the fitted version is saved apart, once. */
  learnedState(): SnapshotData {
    return this.#learner.snapshot()
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  restoreLearnedState(state: SnapshotData): void {
    this.#learner = ResidualLearner.restore(state, this.#learner.options)
  }

  #newLearner(): ResidualLearner {
    const { discount, priors } = this.options
    const known = (this.fitted?.llms ?? []).map(({ id, source }) => [id, priors[source]] as const)
    return new ResidualLearner({
      dimension: residualDimension,
      discount,
      priors: new Map(known),
      unlistedPrior: priors.prior,
    })
  }

  #offlineOf({ llm, context, offlineQuality }: Label): { readonly offline: number; readonly noise: number } {
    const index = this.#fittedIndex.get(llm)
    if (index === undefined) {
      const offline = this.#learner.anchor(llm, offlineQuality ?? anchorWithoutEstimate)
      return { offline, noise: this.options.unfittedNoise }
    }
    this.#predictFitted(context)
    return { offline: this.#fittedQuality[index]!, noise: this.fitted!.noise[index]! }
  }

  #predictFitted(context: RoutingContext): void {
    this.fitted?.quality.predict(context, this.#fittedQuality)
  }

  /** With labels, the estimate they refer to; before the first, a guess from today's price. */
  #anchorOrPrior(llm: Llm): number {
    return this.#learner.anchorOf(llm.id) ?? clipQuality(priceQualityPrior(llm) + this.#priorShift)
  }
}

function clipQuality(quality: number): number {
  return Math.min(1, Math.max(0, quality))
}

function observationVariance(kind: Label['kind'], offline: number, noise: number): number {
  if (kind === 'score') return Math.max(smallestScoreVariance, noise * noise)
  return Math.max(smallestThumbVariance, offline * (1 - offline))
}

function priorShift(pool: readonly Llm[], fitted: FittedPolicy | undefined): number {
  if (fitted === undefined) return 0
  const known = new Map(fitted.llms.map((llm) => [llm.id, llm.meanQuality]))
  let sum = 0
  let count = 0
  for (const llm of pool) {
    const meanQuality = known.get(llm.id)
    if (meanQuality === undefined) continue
    sum += meanQuality - priceQualityPrior(llm)
    count++
  }
  return count === 0 ? 0 : sum / count
}
