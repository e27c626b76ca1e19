import { fixedLlmPoints, sweepCostWeights } from '../routing/decision/cost-quality-hull.ts'
import { type GuardRegion, HullGuard } from '../routing/decision/hull-guard.ts'
import { SeededRandom } from '../routing/numeric/random-source.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { bestCells } from './best-cells.ts'

/** Everything row-major like the rows' own matrices, from fits that had not seen the row. */
export interface GuardEvidence {
  /** q̂ as served, after κ. */
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  /** The LLMs' means over the other folds, of quality and of recorded cost. */
  readonly meanQuality: Float64Array
  readonly meanCostUsd: Float64Array
  readonly rows: TrainingRows
  readonly seed: number
}

const regionCount = 5

/** Every third μ of the full sweep. */
const costWeightStride = 3

/** One-sided 95 %: harm that is within the noise of the evidence is no reason to forget what was learned. */
const shownHarm = 1.645

/** Signs drawn for the simultaneous intervals. */
const draws = 500

/**
 * The guard of mathematics §20. Regions are five equal ratios of the mean cost that the held-out sweep runs through; in each, the utility of
 * the estimates' choices is compared, row by row, with that of the fixed LLM which the other folds' means choose at the same μ.
 * Where the mean difference lies more than 1.645 standard errors below 0, the LLM means are served. Simultaneous intervals: max-T over the regions
 * by random signs (wild bootstrap); they are reported and switch nothing. Without any known cost there are no regions, and no guard.
 */
export function fitHullGuard(evidence: GuardEvidence): HullGuard | undefined {
  const { rows, seed } = evidence
  const width = rows.llms.length
  const points = fixedLlmPoints(rows.quality, rows.costUsd, width)
  const maxCostUsd = Math.max(0, ...points.map((point) => point.costUsd))
  if (!(maxCostUsd > 0)) return undefined
  const weights = sweepCostWeights().filter((_, index) => index % costWeightStride === 0)
  const steps = Array.from(weights, (weight) => compareAt(evidence, weight, maxCostUsd))
  const regionOf = costRegions(steps.map((step) => step.meanCostUsd))
  const regions = [...new Set(regionOf)].map((region) => {
    const members = steps.filter((_, step) => regionOf[step] === region)
    const last = regionOf.lastIndexOf(region)
    return { upTo: boundAfter(weights, last), gains: meanRows(members.map((step) => step.gains)) }
  })
  return new HullGuard(withIntervals(regions, seed))
}

interface Step {
  /** Of the estimates' choices. */
  readonly meanCostUsd: number
  /** Per row, utility of the estimates' choice less that of the fixed LLM; NaN where an outcome is unknown. */
  readonly gains: Float64Array
}

function compareAt(evidence: GuardEvidence, weight: number, maxCostUsd: number): Step {
  const { quality, costUsd, meanQuality, meanCostUsd, rows } = evidence
  const count = rows.contexts.length
  const width = rows.llms.length
  const routed = new Int32Array(count)
  const fixed = new Int32Array(count)
  const perUsd = weight / maxCostUsd
  bestCells(quality, costUsd, width, perUsd, routed)
  bestCells(meanQuality, meanCostUsd, width, perUsd, fixed)
  const gains = new Float64Array(count)
  let cost = 0
  let known = 0
  const worth = (cell: number): number => (rows.quality[cell]! - perUsd * rows.costUsd[cell]!) / (1 + weight)
  for (let row = 0; row < count; row++) {
    // A row without a cell to choose is unknown: what is not there is NaN.
    gains[row] = worth(routed[row]!) - worth(fixed[row]!)
    if (Number.isNaN(gains[row]!)) continue
    cost += rows.costUsd[routed[row]!]!
    known++
  }
  return { meanCostUsd: known > 0 ? cost / known : 0, gains }
}

/** Region of each step, non-decreasing from the dearest to the cheapest: equal ratios of cost. */
function costRegions(costs: readonly number[]): number[] {
  const positive = costs.filter((cost) => cost > 0)
  if (positive.length === 0) return costs.map(() => 0)
  const highest = Math.log(Math.max(...positive))
  const lowest = Math.log(Math.min(...positive))
  const span = highest - lowest
  let reached = 0
  return costs.map((cost) => {
    const depth = cost > 0 && span > 0 ? (highest - Math.log(cost)) / span : span > 0 ? 1 : 0
    reached = Math.max(reached, Math.min(regionCount - 1, Math.floor(regionCount * depth)))
    return reached
  })
}

/** Between a step and the next, half-way by ratio; the first μ is 0. */
function boundAfter(weights: Float64Array, step: number): number {
  if (step === weights.length - 1) return Number.POSITIVE_INFINITY
  return step === 0 ? weights[1]! / 2 : Math.sqrt(weights[step]! * weights[step + 1]!)
}

/** Row by row the mean over the steps that are known there. */
function meanRows(steps: readonly Float64Array[]): Float64Array {
  return steps[0]!.map((_, row) => {
    let sum = 0
    let known = 0
    for (const gains of steps) {
      if (Number.isNaN(gains[row]!)) continue
      sum += gains[row]!
      known++
    }
    return known > 0 ? sum / known : Number.NaN
  })
}

function withIntervals(
  regions: readonly { readonly upTo: number; readonly gains: Float64Array }[],
  seed: number,
): GuardRegion[] {
  const summaries = regions.map(({ gains }) => summarise(gains))
  const quantile = largestDeviation(
    regions.map(({ gains }) => gains),
    summaries,
    new SeededRandom(seed),
  )
  return summaries.map(({ mean, error }, region) => ({
    upTo: regions[region]!.upTo,
    gain: mean,
    low: mean - quantile * error,
    high: mean + quantile * error,
    servesHull: mean + shownHarm * error < 0,
  }))
}

interface Summary {
  readonly mean: number
  readonly error: number
  readonly known: number
}

/** Mean and its standard error over the known rows; nothing known is no gain. */
function summarise(gains: Float64Array): Summary {
  const values = gains.filter((gain) => !Number.isNaN(gain))
  const known = values.length
  if (known === 0) return { mean: 0, error: 0, known }
  const mean = values.reduce((sum, gain) => sum + gain, 0) / known
  const variance = values.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / known
  return { mean, error: Math.sqrt(variance / known), known }
}

/** 95 % point of max_r |T_r| when every row's deviations, of all regions together, change sign at random. */
function largestDeviation(gains: readonly Float64Array[], summaries: readonly Summary[], random: SeededRandom): number {
  const largest = new Float64Array(draws)
  const sums = new Float64Array(gains.length)
  for (let draw = 0; draw < draws; draw++) {
    sums.fill(0)
    for (let row = 0; row < gains[0]!.length; row++) {
      const sign = random.next() < 0.5 ? -1 : 1
      for (let region = 0; region < gains.length; region++) {
        const gain = gains[region]![row]!
        if (!Number.isNaN(gain)) sums[region]! += sign * (gain - summaries[region]!.mean)
      }
    }
    for (let region = 0; region < gains.length; region++) {
      const { error, known } = summaries[region]!
      if (error > 0) largest[draw] = Math.max(largest[draw]!, Math.abs(sums[region]!) / (known * error))
    }
  }
  return largest.sort()[Math.ceil(0.95 * draws) - 1]!
}
