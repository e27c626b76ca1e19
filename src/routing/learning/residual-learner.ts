// Over 400 lines: learning, revising and taking back change the same sums of an LLM, and what one does the others must know.
import { RoutingError, requireDimension } from '../errors.ts'
import { choleskyInPlace, solveCholeskyInPlace, solveLowerInPlace } from '../numeric/cholesky.ts'
import type { SnapshotData } from '../policy-store.ts'
import type { LlmId } from '../registry/llm.ts'
import { ChangeDetector, type ChangeDetectorOptions, type DetectedChange, largestStep } from './change-detector.ts'
import {
  type ChangeAlarm,
  countHeard,
  type LlmState,
  type PriorDeviation,
  placeOf,
  priorPrecision,
  type ResidualSnapshot,
  revisableLabels,
} from './residual-state.ts'

export interface ResidualLearnerOptions {
  /** d, length of z. */
  readonly dimension: number
  /** γ: what is left of an observation's weight after one more label of the same LLM. */
  readonly discount: number
  /** Λ₀ of the LLMs that the offline estimate was made for, by how well it knows them. */
  readonly priors: ReadonlyMap<LlmId, PriorDeviation>
  /** Λ₀ of all others, whose offline estimate is a guess from their price. */
  readonly unlistedPrior: PriorDeviation
  /** What a change of an LLM's quality is noticed by; without it none is. */
  readonly changes?: ChangeDetectorOptions | undefined
  /** Λ₀ of an LLM that was seen to change, where it is wider than its own. */
  readonly changedPrior?: PriorDeviation | undefined
}

/** How an observation compares with what was expected of it. */
export interface Innovation {
  /** (r − δᵀz)². */
  readonly squared: number
  /** Its variance by the posterior and the noise. */
  readonly expected: number
  readonly alarm: ChangeAlarm | undefined
}

/** One observation of one LLM's quality. */
export interface ResidualObservation {
  /** Increases with every observation of any LLM. */
  readonly sequence: number
  /** z, shape [d], with z[0] = 1. Not kept. */
  readonly features: Float64Array
  /** r = q − q̂, what the offline estimate got wrong. */
  readonly residual: number
  /** Variance of r around its mean, > 0. */
  readonly noiseVariance: number
  /** By what factor its source, or a weight above 1, made it differ from what was declared; default 1. */
  readonly noiseRatio?: number
  /** (0, 1]: as how much of a label it lets the others fade; `noiseVariance` has its weight in it already. Default 1. */
  readonly counts?: number | undefined
  /** The decision that it is a word on; left out: on one of its own. */
  readonly decision?: string | undefined
  /** Who said it, see {@link ChangeDetector.observe}. */
  readonly voice?: string | undefined
}

/** An alarm picks the labels that speak for it: what they say of the new level counts for half of what as many others would. */
const changeTrust = 0.5

/** For people and metrics; what an alarm changed is in the state of its LLM. */
const keptAlarms = 100

/**
 * Discounted Bayesian linear regression of the residual r = q − q̂ = δ_mᵀz + noise, one per LLM (mathematics §7):
 * A = Λ₀ + Σ γ^(n−i) w_i z_i z_iᵀ, b = Σ γ^(n−i) w_i z_i r_i, δ = A⁻¹b, w = 1/noise variance, n counting the labels of that LLM,
 * one that weighs less than 1 as its weight: 32 labels that share one opinion make room for one.
 * Λ₀ is added once and never discounted, so that old evidence fades into the prior.
 *
 * A fold: the state is a function of the observations in their order, nothing else, to the last bit.
 *
 * Deviation from D-LinUCB (Russac et al. 2019) and ParetoBandit (arXiv:2604.00136), which discount by time steps of the
 * whole stream: counting an LLM's own labels keeps what is known of a rarely chosen LLM, in a pool of any size; the
 * floor of the choice probabilities is what notices that it changed.
 */
export class ResidualLearner {
  readonly options: ResidualLearnerOptions
  /** Diagonals of Λ₀. */
  readonly #precisions: ReadonlyMap<LlmId, Float64Array>
  readonly #unlistedPrecision: Float64Array
  readonly #states = new Map<LlmId, LlmState>()
  readonly #scratch: Float64Array
  readonly #alarms: ChangeAlarm[] = []
  #sequence = 0

  /** @throws {RoutingError} `invalid_option` */
  constructor(options: ResidualLearnerOptions) {
    checkOptions(options)
    this.options = options
    const { priors, unlistedPrior, dimension } = options
    this.#precisions = new Map([...priors].map(([llm, prior]) => [llm, priorPrecision(prior, dimension)]))
    this.#unlistedPrecision = priorPrecision(unlistedPrior, dimension)
    this.#scratch = new Float64Array(options.dimension)
  }

  /** The last observation folded in; 0 at the start. */
  get sequence(): number {
    return this.#sequence
  }

  /** The latest alarms, the oldest first. */
  get alarms(): readonly ChangeAlarm[] {
    return this.#alarms
  }

  /** What {@link anchor} fixed, or undefined. */
  anchorOf(llm: LlmId): number | undefined {
    return this.#states.get(llm)?.anchor
  }

  /**
   * Fixes the level that this LLM's residuals refer to; later calls change nothing. Part of the state: a guess from the
   * price of the day would move what was learned whenever the price moves.
   *
   * @returns the anchor that holds.
   */
  anchor(llm: LlmId, quality: number): number {
    const state = this.#of(llm)
    state.anchor ??= quality
    return state.anchor
  }

  /** By weight, each at most 1. */
  labelCount(llm: LlmId): number {
    return this.#states.get(llm)?.heard ?? 0
  }

  /** Whether a change was noticed. */
  isChanged(llm: LlmId): boolean {
    return this.#states.get(llm)?.changed ?? false
  }

  /** Labels since the latest change that was noticed; all where none was. */
  settledCount(llm: LlmId): number {
    const state = this.#states.get(llm)
    return state === undefined ? 0 : state.heard - state.forgotten
  }

  /** δᵀz, quality units; 0 without labels. O(d). */
  correction(llm: LlmId, features: Float64Array): number {
    const state = this.#states.get(llm)
    if (state === undefined) return 0
    let sum = 0
    for (let i = 0; i < features.length; i++) sum += state.mean[i]! * features[i]!
    return sum
  }

  /** √(zᵀA⁻¹z), the standard error of the correction, quality units. O(d²), no allocation. */
  uncertainty(llm: LlmId, features: Float64Array): number {
    const { dimension } = this.options
    const state = this.#states.get(llm)
    let sum = 0
    if (state === undefined) {
      const prior = this.#priorOf(llm)
      for (let i = 0; i < dimension; i++) sum += (features[i]! * features[i]!) / prior[i]!
      return Math.sqrt(sum)
    }
    this.#scratch.set(features)
    solveLowerInPlace(state.factor, dimension, this.#scratch)
    for (let i = 0; i < dimension; i++) sum += this.#scratch[i]! * this.#scratch[i]!
    return Math.sqrt(sum)
  }

  /**
   * O(d³) for the factorisation.
   *
   * @throws {RoutingError} `dimension_mismatch`, `not_finite`; an observation that is refused changes nothing.
   */
  observe(llm: LlmId, observation: ResidualObservation): Innovation {
    this.#check(observation)
    const state = this.#of(llm)
    const { counts = 1 } = observation
    const discount = counts === 1 ? this.options.discount : this.options.discount ** counts
    const innovation = this.#innovationOf(llm, observation)
    for (let i = 0; i < state.precision.length; i++) state.precision[i]! *= discount
    for (let i = 0; i < state.moment.length; i++) state.moment[i]! *= discount
    this.#add(state, observation.features, observation.residual, 1 / observation.noiseVariance)
    state.recent[state.labels % revisableLabels] = observation.sequence
    state.weights[state.labels % revisableLabels] = 1 / observation.noiseVariance
    state.heard += counts
    state.heardAt[state.labels % revisableLabels] = state.heard
    state.labels++
    this.#sequence = Math.max(this.#sequence, observation.sequence)
    const alarm = this.#watch(llm, state, observation, innovation)
    this.#solve(state)
    return { squared: innovation.error ** 2, expected: innovation.expected, alarm }
  }

  /**
   * Takes an earlier observation back and puts this one in its place, at the earlier one's weight by age. Where the
   * earlier one is not found (it taught nothing, or its weight is spent), this is a new observation. Compared with what the others say it is
   * evidence like any.
   */
  revise(llm: LlmId, earlier: ResidualObservation, observation: ResidualObservation): Innovation {
    this.#check(earlier)
    this.#check(observation)
    const state = this.#of(llm)
    const place = placeOf(state, earlier.sequence)
    if (place === undefined) return this.observe(llm, observation)
    this.#sequence = Math.max(this.#sequence, observation.sequence)
    const weight = this.#takeBack(state, place, earlier)
    this.#solve(state)
    const innovation = this.#innovationOf(llm, observation)
    this.#add(state, observation.features, observation.residual, weight / observation.noiseVariance)
    // The next revision of the same answer names this observation.
    state.recent[place] = observation.sequence
    state.weights[place] = 1 / observation.noiseVariance
    const alarm = this.#watch(llm, state, observation, innovation)
    this.#solve(state)
    return { squared: innovation.error ** 2, expected: innovation.expected, alarm }
  }

  /**
   * Takes an earlier observation back and puts nothing in its place but the number that a later revision will name.
   * @returns false when it is not there to be taken back, and nothing changed.
   */
  withdraw(llm: LlmId, earlier: ResidualObservation, sequence: number): boolean {
    this.#check(earlier)
    this.skip(sequence)
    const state = this.#states.get(llm)
    const place = state === undefined ? undefined : placeOf(state, earlier.sequence)
    if (state === undefined || place === undefined) return false
    this.#takeBack(state, place, earlier)
    state.recent[place] = sequence
    state.weights[place] = 0
    this.#solve(state)
    return true
  }

  /** Passes over an observation that teaches nothing, so that the fold's place in the order stays known. */
  skip(sequence: number): void {
    this.#sequence = Math.max(this.#sequence, sequence)
  }

  snapshot(): SnapshotData {
    const llms = [...this.#states].map(([id, state]) => ({
      id,
      labels: state.labels,
      heard: state.heard,
      heardAt: state.heardAt.slice(),
      anchor: state.anchor,
      precision: state.precision.slice(),
      moment: state.moment.slice(),
      recent: state.recent.slice(),
      weights: state.weights.slice(),
      changed: state.changed,
      forgotten: state.forgotten,
      revisableFrom: state.revisableFrom,
      detector: state.detector?.snapshot(),
    }))
    const { dimension } = this.options
    const alarms = this.#alarms.map((alarm) => ({ ...alarm }))
    return { formatVersion: 2, kind: 'residual', dimension, sequence: this.#sequence, llms, alarms }
  }

  /**
   * The sums come back as they were; prior and discount are those of today. The factor and the mean are computed again
   * from the sums, by the same operations in the same order: with the same options bit for bit.
   *
   * @throws {RoutingError} `unknown_snapshot_format`, `dimension_mismatch`
   */
  static restore(snapshot: SnapshotData, options: ResidualLearnerOptions): ResidualLearner {
    const data = snapshot as unknown as ResidualSnapshot
    if (!(data?.formatVersion === 1 || data?.formatVersion === 2) || data.kind !== 'residual') {
      throw new RoutingError(
        'unknown_snapshot_format',
        'This learned state was written by another version of Pointsman',
      )
    }
    requireDimension('The learned state', data.dimension, options.dimension)
    const learner = new ResidualLearner(options)
    learner.#sequence = data.sequence
    learner.#alarms.push(...(data.alarms ?? []))
    for (const saved of data.llms) {
      const state = learner.#create(saved.id, saved.detector)
      if (saved.changed === true) learner.#widenPrior(state)
      state.forgotten = saved.forgotten ?? 0
      state.anchor = saved.anchor
      state.labels = saved.labels
      state.precision.set(saved.precision)
      state.moment.set(saved.moment)
      state.recent.set(saved.recent)
      countHeard(state)
      state.heard = saved.heard ?? state.heard
      if (saved.heardAt !== undefined) state.heardAt.set(saved.heardAt)
      // Of older formats the weights are not known: their labels cannot be revised any more, later words are new ones.
      state.revisableFrom = saved.weights === undefined ? saved.labels : (saved.revisableFrom ?? state.forgotten)
      if (saved.weights === undefined) {
        learner.#solve(state)
        continue
      }
      state.weights.set(saved.weights)
      learner.#solve(state)
    }
    return learner
  }

  /** Before anything is changed: one NaN in the sums would never leave them. */
  #check({ features, residual, noiseVariance, counts = 1 }: ResidualObservation): void {
    requireDimension('z', features.length, this.options.dimension)
    const finite = Number.isFinite(residual) && features.every((entry) => Number.isFinite(entry))
    if (!finite || !(noiseVariance > 0) || !(counts > 0 && counts <= 1)) {
      throw new RoutingError('not_finite', 'An observation must be finite, with a noise variance above 0')
    }
  }

  #innovationOf(
    llm: LlmId,
    { features, residual, noiseVariance }: ResidualObservation,
  ): { readonly error: number; readonly expected: number } {
    const error = residual - this.correction(llm, features)
    return { error, expected: noiseVariance + this.uncertainty(llm, features) ** 2 }
  }

  /**
   * A source that agrees better than declared does so where it was heard most, which says nothing of other LLMs: no noise below the declared is assumed
   * here. One that agrees worse has its say in proportion, beyond what its noise does to the step.
   */
  #watch(
    llm: LlmId,
    state: LlmState,
    { sequence, residual, noiseVariance, noiseRatio = 1, decision, voice }: ResidualObservation,
    { error, expected }: { readonly error: number; readonly expected: number },
  ): ChangeAlarm | undefined {
    const scale = Math.sqrt(expected + noiseVariance * Math.max(0, 1 / noiseRatio - 1))
    const step = Math.max(-largestStep, Math.min(largestStep, error / scale))
    const trusted = step * Math.min(1, 1 / Math.sqrt(noiseRatio))
    // What has been pulled in as evidence is pulled in as an estimate too.
    const believed = residual - error + step * scale
    const change = state.detector?.observe(trusted, believed, 1 / noiseVariance, { decision, voice })
    return change === undefined ? undefined : this.#widen(llm, state, sequence, change)
  }

  /** Out of the sums, as old as it is. @returns γ^age. */
  #takeBack(state: LlmState, place: number, { features, residual }: ResidualObservation): number {
    const weight = this.options.discount ** (state.heard - state.heardAt[place]!)
    this.#add(state, features, residual, -weight * state.weights[place]!)
    return weight
  }

  #add(state: LlmState, z: Float64Array, residual: number, weight: number): void {
    const { dimension } = this.options
    for (let i = 0; i < dimension; i++) {
      const scaled = weight * z[i]!
      const row = i * dimension
      for (let j = 0; j <= i; j++) state.precision[row + j]! += scaled * z[j]!
      state.moment[i]! += scaled * residual
    }
  }

  #solve(state: LlmState): void {
    const { dimension } = this.options
    state.factor.set(state.precision)
    for (let i = 0; i < dimension; i++) state.factor[i * dimension + i]! += state.prior[i]!
    if (!choleskyInPlace(state.factor, dimension)) {
      throw new RoutingError('not_finite', 'The posterior precision is not positive definite')
    }
    state.mean.set(state.moment)
    solveCholeskyInPlace(state.factor, dimension, state.mean)
  }

  /**
   * What was learned before the change goes, and of what came since the level stays: the detector keeps no more. The prior is
   * widened, for good: that the offline estimate can be this wrong has been seen.
   */
  #widen(llm: LlmId, state: LlmState, sequence: number, { direction, weight, mean }: DetectedChange): ChangeAlarm {
    state.precision.fill(0)
    state.moment.fill(0)
    state.precision[0] = changeTrust * weight
    state.moment[0] = changeTrust * weight * mean
    state.forgotten = state.heard
    state.revisableFrom = state.labels
    this.#widenPrior(state)
    const alarm: ChangeAlarm = { llm, sequence, direction, residual: mean }
    this.#alarms.push(alarm)
    if (this.#alarms.length > keptAlarms) this.#alarms.shift()
    return alarm
  }

  #widenPrior(state: LlmState): void {
    state.changed = true
    const { changedPrior, dimension } = this.options
    if (changedPrior === undefined) return
    const wide = priorPrecision(changedPrior, dimension)
    for (let i = 0; i < dimension; i++) state.prior[i] = Math.min(state.prior[i]!, wide[i]!)
  }

  #of(llm: LlmId): LlmState {
    return this.#states.get(llm) ?? this.#create(llm)
  }

  #create(llm: LlmId, detector?: SnapshotData): LlmState {
    const { dimension, changes } = this.options
    const created: LlmState = {
      labels: 0,
      heard: 0,
      anchor: undefined,
      prior: this.#priorOf(llm).slice(),
      changed: false,
      forgotten: 0,
      revisableFrom: 0,
      detector: changes && (detector ? ChangeDetector.restore(detector, changes) : new ChangeDetector(changes)),
      precision: new Float64Array(dimension * dimension),
      moment: new Float64Array(dimension),
      factor: new Float64Array(dimension * dimension),
      mean: new Float64Array(dimension),
      recent: new Float64Array(revisableLabels),
      weights: new Float64Array(revisableLabels),
      heardAt: new Float64Array(revisableLabels),
    }
    this.#states.set(llm, created)
    this.#solve(created)
    return created
  }

  #priorOf(llm: LlmId): Float64Array {
    return this.#precisions.get(llm) ?? this.#unlistedPrecision
  }
}

function checkOptions(options: ResidualLearnerOptions): void {
  const { dimension, discount, priors, unlistedPrior } = options
  if (!(Number.isInteger(dimension) && dimension >= 1)) {
    throw new RoutingError('invalid_option', `dimension must be a whole number ≥ 1, got ${dimension}`)
  }
  if (!(discount > 0 && discount <= 1)) {
    throw new RoutingError('invalid_option', `discount must be in (0, 1], got ${discount}`)
  }
  for (const { level, slope } of [...priors.values(), unlistedPrior]) {
    if (!(level > 0 && slope > 0)) throw new RoutingError('invalid_option', 'Prior deviations must be > 0')
  }
}
