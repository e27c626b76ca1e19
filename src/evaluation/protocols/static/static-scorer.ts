import { type CostQualityPoint, costQualityHull } from '../../../routing/decision/cost-quality-hull.ts'
import { bootstrapReplicates, bootstrapWeights } from '../../metrics/prompt-bootstrap.ts'
import {
  anchoredPoints,
  type ScaleLlms,
  type StaticScale,
  scaleLlms,
  staticMetricNames,
  staticMetrics,
  staticScale,
} from '../../metrics/static-metrics.ts'
import { fixedChoices, type RealisedSweep, realise } from './realised-sweep.ts'
import type { TestOutcomes } from './static-case.ts'

/** A sweep in figures. */
export interface ScoredSweep {
  /** Mean cost and quality per setting, in the order of the settings; a setting without a known outcome is left out. */
  readonly points: readonly CostQualityPoint[]
  /** In the order of `staticMetricNames`; NaN where it does not exist, infinite where never reached. */
  readonly metrics: readonly number[]
  /** The same of each bootstrap replicate: replicates × metrics. */
  readonly replicates: readonly (readonly number[])[]
}

/** Mean quality of one task, and its bootstrap replicates (NaN where the task was not drawn). */
export interface TaskQuality {
  readonly task: string
  readonly prompts: number
  readonly quality: number
  readonly replicates: readonly number[]
}

/** Turns sweeps over one set of test prompts into metrics with bootstrap replicates. */
export class StaticScorer {
  readonly #test: TestOutcomes
  readonly #llms: ScaleLlms
  readonly #scale: StaticScale
  /** Replicates × prompts. */
  readonly #weights: Float64Array
  readonly #scales: readonly StaticScale[]

  /**
   * @param groups of the whole set, as {@link bootstrapWeights} wants them.
   * @param onTrainHull LLMs on the hull of the training prompts.
   */
  constructor(
    test: TestOutcomes,
    groups: { readonly groupOf: Int32Array; readonly count: number },
    onTrainHull: readonly number[],
  ) {
    const prompts = test.rows.length
    this.#test = test
    this.#weights = new Float64Array(bootstrapReplicates * prompts)
    for (let replicate = 0; replicate < bootstrapReplicates; replicate++) {
      const weights = bootstrapWeights(groups.groupOf, groups.count, replicate)
      test.rows.forEach((row, prompt) => {
        this.#weights[replicate * prompts + prompt] = weights[row]!
      })
    }
    this.#llms = scaleLlms(test.quality, test.costUsd, test.llmCount)
    const every = Array.from({ length: test.llmCount }, (_, llm) => llm)
    const fixed = new WeightedSweep(realise(fixedChoices(every, prompts), test))
    this.#scale = staticScale(fixed.points(new Float64Array(prompts).fill(1)), this.#llms, onTrainHull)
    this.#scales = Array.from({ length: bootstrapReplicates }, (_, replicate) =>
      staticScale(fixed.points(this.#weightsOf(replicate)), this.#llms, onTrainHull),
    )
  }

  get scale(): StaticScale {
    return this.#scale
  }

  /** @throws {RangeError} when no setting has a known outcome. */
  score(sweep: RealisedSweep): ScoredSweep {
    const weighted = new WeightedSweep(sweep)
    const points = meanPoints(sweep)
    if (points.length === 0) throw new RangeError('a sweep without a known outcome cannot be scored')
    return {
      points,
      metrics: staticMetrics(points, this.#scale),
      replicates: this.#scales.map((scale, replicate) => {
        const drawn = weighted.distinctPoints(this.#weightsOf(replicate)).filter(isKnown)
        return drawn.length === 0 ? staticMetricNames.map(() => Number.NaN) : staticMetrics(drawn, scale)
      }),
    }
  }

  /**
   * Quality per task at one budget: the mixture of two settings (or of one and the cheapest LLM) on the hull whose mean cost
   * is `costUsd`, or the nearest end of the hull. The mixture is fixed; only the prompts are resampled.
   *
   * @param tasks whose figures are wanted.
   */
  taskQuality(sweep: RealisedSweep, costUsd: number, tasks: readonly string[]): TaskQuality[] {
    const quality = this.#mixedQuality(sweep, costUsd)
    return tasks.map((task) => {
      const members = this.#test.sources.flatMap((source, prompt) =>
        source === task && !Number.isNaN(quality[prompt]!) ? [prompt] : [],
      )
      const mean = (weightOf: (prompt: number) => number): number => {
        let sum = 0
        let weight = 0
        for (const prompt of members) {
          sum += weightOf(prompt) * quality[prompt]!
          weight += weightOf(prompt)
        }
        return sum / weight
      }
      return {
        task,
        prompts: members.length,
        quality: mean(() => 1),
        replicates: this.#scales.map((_, replicate) => {
          const weights = this.#weightsOf(replicate)
          return mean((prompt) => weights[prompt]!)
        }),
      }
    })
  }

  #mixedQuality(sweep: RealisedSweep, costUsd: number): Float64Array {
    const prompts = this.#test.rows.length
    const points = new WeightedSweep(sweep)
      .points(new Float64Array(prompts).fill(1))
      .map((point, setting) => ({ ...point, setting }))
      .filter(isKnown)
    const anchored = anchoredPoints(points, this.#scale).map((point) => ({ setting: -1, ...point }))
    const { from, to, share } = mixtureAt(costQualityHull(anchored), costUsd)
    const qualityOf = (setting: number, prompt: number): number =>
      setting === -1
        ? this.#test.quality[prompt * this.#test.llmCount + this.#llms.cheapest]!
        : sweep.quality[setting * prompts + prompt]!
    return Float64Array.from({ length: prompts }, (_, prompt) =>
      from === to
        ? qualityOf(to.setting, prompt)
        : (1 - share) * qualityOf(from.setting, prompt) + share * qualityOf(to.setting, prompt),
    )
  }

  #weightsOf(replicate: number): Float64Array {
    const prompts = this.#test.rows.length
    return this.#weights.subarray(replicate * prompts, (replicate + 1) * prompts)
  }
}

/** The two neighbours on a hull between which a cost lies, and the share of the dearer; at or beyond an end, that end. */
function mixtureAt<P extends CostQualityPoint>(
  hull: readonly P[],
  costUsd: number,
): { readonly from: P; readonly to: P; readonly share: number } {
  const right = hull.findIndex((point) => point.costUsd >= costUsd)
  const to = right === -1 ? hull.at(-1)! : hull[right]!
  if (right <= 0) return { from: to, to, share: 1 }
  const from = hull[right - 1]!
  return { from, to, share: (costUsd - from.costUsd) / (to.costUsd - from.costUsd) }
}

/** Mean cost and quality of each setting over the prompts known there; a setting without any is left out. */
export function meanPoints(sweep: RealisedSweep): CostQualityPoint[] {
  return new WeightedSweep(sweep)
    .points(new Float64Array(sweep.costUsd.length / sweep.settings).fill(1))
    .filter(isKnown)
}

function isKnown(point: CostQualityPoint): boolean {
  return !Number.isNaN(point.quality) && !Number.isNaN(point.costUsd)
}

/** A sweep made ready to be averaged under many weightings of its prompts. */
class WeightedSweep {
  readonly #prompts: number
  readonly #settings: number
  readonly #costUsd: Float64Array
  readonly #quality: Float64Array
  /** 1 where known; undefined when all is. */
  readonly #known: Float64Array | undefined
  /** Settings that do not choose as the one before does: a sweep often stands still. */
  readonly #distinct: readonly number[]

  constructor({ settings, costUsd, quality }: RealisedSweep) {
    this.#settings = settings
    this.#prompts = costUsd.length / settings
    const hasUnknown = costUsd.some(Number.isNaN)
    this.#known = hasUnknown ? costUsd.map((cost) => (Number.isNaN(cost) ? 0 : 1)) : undefined
    this.#costUsd = hasUnknown ? costUsd.map((cost) => (Number.isNaN(cost) ? 0 : cost)) : costUsd
    this.#quality = hasUnknown ? quality.map((value) => (Number.isNaN(value) ? 0 : value)) : quality
    this.#distinct = Array.from({ length: settings }, (_, setting) => setting).filter(
      (setting) => setting === 0 || this.#differs(setting),
    )
  }

  /** Weighted mean cost and quality of every setting; NaN where nothing known has weight. */
  points(weights: Float64Array): CostQualityPoint[] {
    return Array.from({ length: this.#settings }, (_, setting) => this.#point(setting, weights, sum(weights)))
  }

  /** The same without settings that repeat the one before. */
  distinctPoints(weights: Float64Array): CostQualityPoint[] {
    const total = sum(weights)
    return this.#distinct.map((setting) => this.#point(setting, weights, total))
  }

  #point(setting: number, weights: Float64Array, total: number): CostQualityPoint {
    const start = setting * this.#prompts
    const costUsd = this.#costUsd
    const quality = this.#quality
    let cost = 0
    let gained = 0
    for (let prompt = 0; prompt < this.#prompts; prompt++) {
      const weight = weights[prompt]!
      cost += weight * costUsd[start + prompt]!
      gained += weight * quality[start + prompt]!
    }
    const weight = this.#known === undefined ? total : this.#knownWeight(start, weights)
    return { costUsd: cost / weight, quality: gained / weight }
  }

  #knownWeight(start: number, weights: Float64Array): number {
    let known = 0
    for (let prompt = 0; prompt < this.#prompts; prompt++) known += weights[prompt]! * this.#known![start + prompt]!
    return known
  }

  #differs(setting: number): boolean {
    const start = setting * this.#prompts
    for (let prompt = 0; prompt < this.#prompts; prompt++) {
      const cell = start + prompt
      const before = cell - this.#prompts
      if (this.#costUsd[cell] !== this.#costUsd[before] || this.#quality[cell] !== this.#quality[before]) return true
    }
    return false
  }
}

function sum(values: Float64Array): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
