import { RoutingError } from '../errors.ts'
import { Adam } from '../numeric/adam.ts'
import { SeededRandom, shuffle } from '../numeric/random-source.ts'
import { type DomainPrompts, TagEnhancedLoss, type TagEnhancedLossOptions } from './tag-enhanced-loss.ts'
import { normaliseInPlace, TagEnhancedProjection } from './tag-enhanced-projection.ts'
import { type ProjectionLabels, WithinDomainError } from './within-domain-error.ts'

export interface TagEnhancedProjectionOptions extends Partial<TagEnhancedLossOptions> {
  readonly seed: number
  /** At most. Default 20. */
  readonly epochs?: number
  /** Of Adam. Default .002. */
  readonly learningRate?: number
  /** Default 64. */
  readonly batch?: number
  /** `last`: all epochs, and the last one is kept whatever it does to quality, as for an ablation. Default `best`. */
  readonly keep?: 'best' | 'last'
  /** Group of each prompt, shape [prompts]: a group is held out as a whole, but for one that fills what is held out. Default: each its own. */
  readonly groupOf?: Int32Array
}

export interface FittedProjection {
  readonly projection: TagEnhancedProjection
  /** Epoch whose projection was kept; 0 is the identity. */
  readonly epoch: number
  /** Held-out squared error within domains, by epoch, 0 first; NaN throughout when there was nothing to compare. */
  readonly heldOutError: readonly number[]
}

/** m = 0: centres are pushed until they are orthogonal. */
const defaultLoss: TagEnhancedLossOptions = { interWeight: 1, anchorWeight: 0.5, margin: 0 }

const defaultEpochs = 20
const defaultBatch = 64
const defaultLearningRate = 0.002

/** Of the running centres, per batch. */
const centreMomentum = 0.99

const heldOutShare = 0.2

/** Epochs without a new best, and training ends. */
const patience = 4

/** Fewer held-out prompts cannot tell epochs apart, and the identity is kept. */
const fewestHeldOut = 20

/**
 * Trains the head by L ({@link TagEnhancedLoss}) on four fifths of the prompts, and keeps the epoch at which ridge on
 * [e ‖ p] predicts the quality of the other fifth best within domains. The identity stays unless an epoch is better than it
 * by more than two standard errors of the paired difference over prompts (it is the best of many epochs). Deterministic in its arguments.
 *
 * @throws {RoutingError} `dimension_mismatch` when the matrices disagree.
 */
export function fitTagEnhancedProjection(
  prompts: DomainPrompts,
  labels: ProjectionLabels,
  options: TagEnhancedProjectionOptions,
): FittedProjection {
  requireConsistent(prompts, labels)
  const { dimension: d } = prompts
  const random = new SeededRandom(options.seed)
  const order = Array.from(prompts.domainOf, (_, row) => row)
  shuffle(order, random)
  if (options.groupOf !== undefined) joinGroups(order, options.groupOf)
  const heldOutCount = Math.round(heldOutShare * order.length)
  const heldOut = order.slice(0, heldOutCount)
  const train = order.slice(heldOutCount)
  const identity = { projection: TagEnhancedProjection.identity(d), epoch: 0 }
  if (heldOutCount < fewestHeldOut || domainsSeen(prompts) < 2) return { ...identity, heldOutError: [] }

  const judge = new WithinDomainError(prompts, labels, train, heldOut)
  const trainer = new HeadTrainer(prompts, train, options, random)
  const start = judge.errors(identity.projection)
  const heldOutError = [start.mean]
  let best = { ...identity, errors: start }
  for (let epoch = 1; epoch <= (options.epochs ?? defaultEpochs); epoch++) {
    trainer.epoch()
    const projection = TagEnhancedProjection.of(d, trainer.map)
    const errors = judge.errors(projection)
    heldOutError.push(errors.mean)
    if (errors.mean < best.errors.mean) best = { projection, epoch, errors }
    if (options.keep === 'last') best = { projection, epoch, errors }
    else if (epoch - best.epoch >= patience) break
  }
  const isKept = options.keep === 'last' || isBetter(best.errors.perPrompt, start.perPrompt)
  const kept = isKept ? best : identity
  return { projection: kept.projection, epoch: kept.epoch, heldOutError }
}

/** Members of a group follow its first one. */
function joinGroups(order: number[], groupOf: Int32Array): void {
  const places = new Map<number, number>()
  for (const [place, row] of order.entries()) {
    if (!places.has(groupOf[row]!)) places.set(groupOf[row]!, place)
  }
  order.sort((a, b) => places.get(groupOf[a]!)! - places.get(groupOf[b]!)!)
}

function requireConsistent({ embeddings, dimension, domainOf }: DomainPrompts, labels: ProjectionLabels): void {
  const prompts = domainOf.length
  if (embeddings.length !== prompts * dimension || labels.quality.length !== prompts * labels.columns) {
    const sizes = `${embeddings.length} embedding entries, ${labels.quality.length} labels`
    throw new RoutingError('dimension_mismatch', `${prompts} prompts of dimension ${dimension} do not fit ${sizes}`)
  }
}

function domainsSeen({ domainOf }: DomainPrompts): number {
  return new Set(domainOf.filter((domain) => domain !== -1)).size
}

/** Whether the mean paired difference is below zero by more than two standard errors. */
function isBetter(errors: Float64Array, than: Float64Array): boolean {
  const n = errors.length
  let mean = 0
  for (let i = 0; i < n; i++) mean += (errors[i]! - than[i]!) / n
  let variance = 0
  for (let i = 0; i < n; i++) variance += (errors[i]! - than[i]! - mean) ** 2 / (n - 1)
  return mean < -2 * Math.sqrt(variance / n)
}

/** M and what moves it. */
class HeadTrainer {
  /** M, row-major; starts at zero, the identity. */
  readonly map: Float64Array
  readonly #gradient: Float64Array
  readonly #adam: Adam
  readonly #loss: TagEnhancedLoss
  readonly #prompts: DomainPrompts
  readonly #rows: number[]
  readonly #batch: number
  readonly #random: SeededRandom
  /** c, running means of the batch centres, made unit. */
  readonly #centres: Float64Array

  constructor(
    prompts: DomainPrompts,
    rows: readonly number[],
    options: TagEnhancedProjectionOptions,
    random: SeededRandom,
  ) {
    const { dimension: d, domains } = prompts
    this.#prompts = prompts
    this.#rows = [...rows]
    this.#batch = options.batch ?? defaultBatch
    this.#random = random
    this.map = new Float64Array(d * d)
    this.#gradient = new Float64Array(d * d)
    this.#adam = new Adam([{ value: this.map, gradient: this.#gradient }], {
      learningRate: options.learningRate ?? defaultLearningRate,
    })
    this.#loss = new TagEnhancedLoss(prompts, {
      interWeight: options.interWeight ?? defaultLoss.interWeight,
      anchorWeight: options.anchorWeight ?? defaultLoss.anchorWeight,
      margin: options.margin ?? defaultLoss.margin,
    })
    this.#centres = this.#startCentres(domains)
  }

  epoch(): void {
    shuffle(this.#rows, this.#random)
    for (let start = 0; start < this.#rows.length; start += this.#batch) {
      const batch = this.#rows.slice(start, start + this.#batch)
      this.#loss.evaluate(this.map, batch, this.#centres, this.#gradient)
      this.#adam.step()
      this.#followCentres()
    }
  }

  #startCentres(domains: number): Float64Array {
    const { embeddings, dimension: d, domainOf } = this.#prompts
    const centres = new Float64Array(domains * d)
    for (const row of this.#rows) {
      const domain = domainOf[row]!
      if (domain === -1) continue
      for (let j = 0; j < d; j++) centres[domain * d + j]! += embeddings[row * d + j]!
    }
    for (let k = 0; k < domains; k++) normaliseInPlace(centres.subarray(k * d, (k + 1) * d))
    return centres
  }

  #followCentres(): void {
    const { dimension: d } = this.#prompts
    const { centres, counts } = this.#loss.batchCentres
    for (let k = 0; k < counts.length; k++) {
      if (counts[k] === 0) continue
      const own = this.#centres.subarray(k * d, (k + 1) * d)
      for (let j = 0; j < d; j++) own[j] = centreMomentum * own[j]! + (1 - centreMomentum) * centres[k * d + j]!
      normaliseInPlace(own)
    }
  }
}
