import type { TradeOff } from './decision/utility.ts'
import type { QualitySource } from './decision.ts'
import type { Embedder } from './embedding/embedder.ts'
import type { RoutingContext } from './embedding/routing-context.ts'
import { RoutingError } from './errors.ts'
import { type ChangeDetectorOptions, defaultChangeDetection } from './learning/change-detector.ts'
import { observationVariance } from './learning/observation-variance.ts'
import { residualDimension, writeResidualFeatures } from './learning/residual-features.ts'
import { ResidualLearner, type ResidualObservation } from './learning/residual-learner.ts'
import type { ChangeAlarm, PriorDeviation } from './learning/residual-state.ts'
import { defaultSourceNoise, SourceNoise, type SourceNoiseOptions } from './learning/source-noise.ts'
import type { Label } from './outcome.ts'
import type { SnapshotData } from './policy-store.ts'
import type { CostEstimates, CostPredictor } from './prediction/cost-predictor.ts'
import type { FittedPolicy } from './prediction/fitted-policy.ts'
import { priceCostReferenceUsd, priceQualityPrior, typicalCallUsd } from './prediction/price-prior.ts'
import { TokenCostPredictor } from './prediction/token-cost-predictor.ts'
import type { Llm, LlmId } from './registry/llm.ts'
import type { TokenPrice } from './registry/token-price.ts'

export interface LearningOptions {
  /** γ of the residual learner. */
  readonly discount: number
  /**
   * How wrong the offline estimate may be, by where it comes from; of a fitted LLM beyond the standard error of its mean,
   * which the labels it was fitted on leave.
   */
  readonly priors: Readonly<Record<QualitySource, PriorDeviation>>
  /** Of an LLM judged by its price among fitted ones, with whom it shares what is hard ({@link sharedDifficulty}). */
  readonly newcomerPrior: PriorDeviation
  /** What a silent change of an LLM's quality is noticed by; undefined: by nothing. */
  readonly changes: ChangeDetectorOptions | undefined
  /** Prior of an LLM that was seen to change. */
  readonly changedPrior: PriorDeviation
  /** undefined: every source is as noisy as declared. */
  readonly sourceNoise: SourceNoiseOptions | undefined
  /** How far an LLM that was not fitted finds hard what the fitted ones find hard, [0, 1]. */
  readonly sharedDifficulty: number
  /** Standard deviation of a score around its mean where nothing was fitted, quality units. */
  readonly unfittedNoise: number
}

export const defaultLearning: LearningOptions = {
  discount: 0.997,
  priors: {
    fitted: { level: 0.01, slope: 0.001 },
    described: { level: 0.02, slope: 0.005 },
    starter: { level: 0.1, slope: 0.01 },
    sibling: { level: 0.15, slope: 0.015 },
    prior: { level: 0.25, slope: 0.02 },
  },
  newcomerPrior: { level: 0.25, slope: 0.005 },
  changes: defaultChangeDetection,
  changedPrior: { level: 0.25, slope: 0.003 },
  sourceNoise: defaultSourceNoise,
  sharedDifficulty: 1,
  unfittedNoise: 0.25,
}

/** Fewer labels than this in a pool without fitted LLMs, and the estimates are priors rather than knowledge. */
const labelsUntilWarm = 100

/** q̂₀ of an LLM whose first label says nothing of an offline estimate: the middle of the price prior. */
const anchorWithoutEstimate = 0.65

/** No key's labels count for more than so many times another's of the same kind. */
const largestKeyRatio = 2

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
  #noise: SourceNoise | undefined
  readonly #fittedIndex: ReadonlyMap<LlmId, number>
  readonly #fittedQuality: Float64Array
  readonly #features = new Float64Array(residualDimension)
  /** Of a score of an LLM that was not fitted: as of those that were, where any were. */
  readonly #unfittedNoise: number
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
    this.#unfittedNoise = fitted === undefined ? this.options.unfittedNoise : rootMeanSquare(fitted.noise)
    this.#learner = this.#newLearner()
    this.#noise = this.options.sourceNoise && new SourceNoise(this.options.sourceNoise)
  }

  get version(): string {
    return this.fitted?.id ?? 'unfitted'
  }

  /** The last label that was folded in. */
  get labelSequence(): number {
    return this.#learner.sequence
  }

  /** Silent changes of quality that labels showed, the oldest first. */
  get alarms(): readonly ChangeAlarm[] {
    return this.#learner.alarms
  }

  /** Labels of that LLM since it was last seen to change, or all. */
  settledCount(llm: LlmId): number {
    return this.#learner.settledCount(llm)
  }

  /**
   * Whether q̂ is no more than a guess before labels come: from its price, from its siblings, or of an LLM that has turned out
   * another than was measured.
   */
  isUnproven(llm: LlmId): boolean {
    const index = this.#fittedIndex.get(llm)
    return index === undefined || this.fitted!.llms[index]!.source === 'sibling' || this.#learner.isChanged(llm)
  }

  /** Whether q̂ rests on this LLM's probes alone, and nothing has shown since that it is another. */
  isDescribed(llm: LlmId): boolean {
    const index = this.#fittedIndex.get(llm)
    return index !== undefined && this.fitted!.llms[index]!.source === 'described' && !this.isUnproven(llm)
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

  /** Whether fitted LLMs are compared by their means at this trade-off, as their estimates were shown to do harm there (mathematics §20). */
  servesHull(weights: TradeOff): boolean {
    return this.fitted?.guard?.servesHull(weights) ?? false
  }

  /**
   * Fills `out` in candidate order. No allocation.
   *
   * @param weights what the estimates are for; left out, the guard plays no part.
   */
  estimateQuality(
    context: RoutingContext,
    candidates: readonly Llm[],
    out: QualityEstimates,
    weights?: TradeOff,
  ): void {
    this.#predictFitted(context)
    const byMeans = weights !== undefined && this.servesHull(weights)
    writeResidualFeatures(context, this.#features)
    const ease = this.#ease()
    for (let i = 0; i < candidates.length; i++) {
      const llm = candidates[i]!
      const index = this.#fittedIndex.get(llm.id)
      const blind = index === undefined ? this.#anchorOrPrior(llm) : this.fitted!.llms[index]!.meanQuality
      const estimate = index === undefined ? clipQuality(blind + ease) : this.#fittedQuality[index]!
      out.source[i] = index === undefined ? 'prior' : this.fitted!.llms[index]!.source
      // Of an LLM without a fit, labels refer to the estimate with its share of what is hard, whatever was compared.
      out.offline[i] = byMeans && index !== undefined ? blind : estimate
      out.mean[i] = clipQuality((byMeans ? blind : estimate) + this.#learner.correction(llm.id, this.#features))
      out.uncertainty[i] = this.#learner.uncertainty(llm.id, this.#features)
    }
  }

  /**
   * ĉ where estimates are served; where the guard acts, c̄ of the rows fitted on, at today's price and with what bills have taught since, as it
   * is the fixed LLMs by q̄ − μ·c̄ that it compared with (mathematics §20). No allocation.
   *
   * @param i of `costs`, which holds the estimates for `llm` and `choices`; what they are is used where no mean is known. NaN when unknown.
   */
  comparedCostUsd(llm: Llm, choices: number, costs: CostEstimates, i: number, weights: TradeOff): number {
    const expected = costs.costUsd[i]!
    if (!this.servesHull(weights)) return expected
    const index = this.#fittedIndex.get(llm.id)
    const fitted = index === undefined ? undefined : this.fitted!.llms[index]!
    if (fitted?.meanCostUsd === undefined) return expected
    const offline = costs.offlineCostUsd[i]!
    const correction = offline > 0 ? expected / offline : 1
    return choices * fitted.meanCostUsd * correction * priceRatio(llm.price, fitted.priceAtFit)
  }

  /**
   * Folds in one label; labels must come in the order of their sequence. What is learned depends on the labels alone,
   * not on the pool or the prices of the day: the LLM may have left, and is remembered for its return.
   *
   * A weight w takes the place of the noise's variance over w. Of weight 0 it teaches nothing, but that its source takes back what it said before.
   *
   * @returns false when it teaches nothing: of weight 0, made without a context, or with another embedder, or fitted on already.
   */
  learn(label: Label): boolean {
    const { context, revises } = label
    const isForeign = context.embedderId !== this.embedder.id || context.embedding.length === 0
    if (isForeign || this.#isFittedOn(label) || (label.weight === 0 && revises === undefined)) {
      this.#learner.skip(label.sequence)
      return false
    }
    const { offline, noise } = this.#offlineOf(label)
    writeResidualFeatures(context, this.#features)
    // Of each key apart: what one key says under a name is no news of others who say it.
    const source = [label.kind, label.source, label.keyId ?? ''].join(' ').trimEnd()
    const noiseRatio = this.#noiseRatio(source, label)
    const observe = (said: Pick<Label, 'sequence' | 'value' | 'kind' | 'noise'>): ResidualObservation => ({
      sequence: said.sequence,
      features: this.#features,
      residual: said.value - offline,
      noiseVariance: (observationVariance(said, offline, noise) * noiseRatio) / (label.weight || 1),
      // A weight above 1 makes nothing surer of itself.
      noiseRatio: noiseRatio / Math.max(1, label.weight),
      counts: Math.min(1, label.weight || 1),
      decision: label.decisionId,
      voice: label.keyId,
    })
    const earlier = revises === undefined ? undefined : observe({ noise: undefined, ...revises })
    if (label.weight === 0) return this.#learner.withdraw(label.llm, earlier!, label.sequence)
    const observation = observe(label)
    const { squared, expected } =
      earlier === undefined
        ? this.#learner.observe(label.llm, observation)
        : this.#learner.revise(label.llm, earlier, observation)
    const declared = observationVariance(label, offline, noise)
    this.#noise?.observe(source, squared, expected - observation.noiseVariance + declared, observation.counts)
    return true
  }

  /** The learned state alone; the fitted version is saved apart, once. */
  learnedState(): SnapshotData {
    const noise = this.#noise?.snapshot()
    return { formatVersion: 1, kind: 'learned', residual: this.#learner.snapshot(), noise }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  restoreLearnedState(state: SnapshotData): void {
    // States from before sources had a noise of their own are the residual's alone.
    const { kind, residual, noise } = state as unknown as SavedState
    this.#learner = ResidualLearner.restore(kind === 'learned' ? residual! : state, this.#learner.options)
    const { sourceNoise } = this.options
    if (sourceNoise !== undefined) {
      this.#noise = noise === undefined ? new SourceNoise(sourceNoise) : SourceNoise.restore(noise, sourceNoise)
    }
  }

  #newLearner(): ResidualLearner {
    const { discount, priors, newcomerPrior, changes, changedPrior } = this.options
    const noise = this.fitted?.noise
    const known = (this.fitted?.llms ?? []).map(({ id, source, labels, levelError = 0 }, index) => {
      const own = priors[source]
      const standardError = source === 'fitted' ? noise![index]! / Math.sqrt(Math.max(1, labels)) : levelError
      return [id, { level: Math.hypot(own.level, standardError), slope: own.slope }] as const
    })
    return new ResidualLearner({
      dimension: residualDimension,
      discount,
      priors: new Map(known),
      unlistedPrior: this.fitted === undefined ? priors.prior : newcomerPrior,
      changes,
      changedPrior,
    })
  }

  /**
   * Of keys held to [1, {@link largestKeyRatio}]: who agrees is judged by what is believed, and a key that speaks of an LLM before all others makes them the
   * ones that contradict. Within bounds it cannot come to count for much more than they do.
   */
  #noiseRatio(source: string, { keyId }: Label): number {
    const ratio = this.#noise?.ratio(source) ?? 1
    return keyId === undefined ? ratio : Math.min(largestKeyRatio, Math.max(1, ratio))
  }

  #isFittedOn({ llm, sequence }: Label): boolean {
    const index = this.#fittedIndex.get(llm)
    return index !== undefined && sequence <= (this.fitted!.llms[index]!.labelsThrough ?? 0)
  }

  #offlineOf({ llm, context, offlineQuality }: Label): { readonly offline: number; readonly noise: number } {
    const index = this.#fittedIndex.get(llm)
    this.#predictFitted(context)
    if (index === undefined) {
      const ease = this.#ease()
      // Logged by another version, or held to [0, 1], the estimate may lie outside without its share of what is hard.
      const anchor = this.#learner.anchor(llm, clipQuality((offlineQuality ?? anchorWithoutEstimate) - ease))
      return { offline: clipQuality(anchor + ease), noise: this.#unfittedNoise }
    }
    return { offline: this.#fittedQuality[index]!, noise: this.fitted!.noise[index]! }
  }

  #predictFitted(context: RoutingContext): void {
    this.fitted?.quality.predict(context, this.#fittedQuality)
  }

  /** By how much the fitted LLMs together find this request easier than most, quality units; an LLM without a fit shares it. */
  #ease(): number {
    const llms = this.fitted?.llms ?? []
    if (llms.length === 0) return 0
    let sum = 0
    for (let i = 0; i < llms.length; i++) sum += this.#fittedQuality[i]! - llms[i]!.meanQuality
    return (this.options.sharedDifficulty * sum) / llms.length
  }

  /** With labels, the estimate they refer to; before the first, a guess from today's price. */
  #anchorOrPrior(llm: Llm): number {
    return this.#learner.anchorOf(llm.id) ?? clipQuality(priceQualityPrior(llm) + this.#priorShift)
  }
}

/** By how much a typical request has become dearer since the fit; 1 where that is not known. */
function priceRatio(now: TokenPrice | undefined, atFit: TokenPrice | undefined): number {
  if (now === undefined || atFit === undefined) return 1
  const before = typicalCallUsd(atFit)
  return before > 0 ? typicalCallUsd(now) / before : 1
}

function rootMeanSquare(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return Math.sqrt(sum / values.length)
}

function clipQuality(quality: number): number {
  return Math.min(1, Math.max(0, quality))
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

interface SavedState {
  readonly kind: string
  readonly residual?: SnapshotData
  readonly noise?: SnapshotData
}
