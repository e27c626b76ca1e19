import { fixedLlmPoints, sweepCostWeights } from '../routing/decision/cost-quality-hull.ts'
import { type GuardRegion, HullGuard } from '../routing/decision/hull-guard.ts'
import type { TrainingRows } from '../routing/prediction/training-rows.ts'
import { bestCells } from './best-cells.ts'
import { groupedMean } from './grouped-mean.ts'

/** Everything row-major like the rows' own matrices, from fits that had not seen the row. */
export interface GuardEvidence {
  /** q̂ as served, after κ. */
  readonly quality: Float64Array
  readonly costUsd: Float64Array
  /** The LLMs' means over the other folds, of quality and of recorded cost. */
  readonly meanQuality: Float64Array
  readonly meanCostUsd: Float64Array
  readonly rows: TrainingRows
  /** Of near-duplicates, by row; left out, all rows differ. */
  readonly groupOf?: Int32Array | undefined
}

const regionCount = 5

/** Every third μ of the full sweep. */
const costWeightStride = 3

/** One-sided 95 %: harm that is within the noise of the evidence is no reason to forget what was learned. */
const shownHarm = 1.645

/**
 * The guard of mathematics §20. Regions are five equal ratios of the mean cost that the held-out sweep runs through; in each, the utility of
 * the estimates' choices is compared, row by row, with that of the fixed LLM which the other folds' means choose at the same μ, which is what
 * serves where the guard acts. It acts where the mean difference lies more than 1.645 standard errors below 0. Without any known cost there is one
 * region, judged at μ = 0.
 */
export function fitHullGuard(evidence: GuardEvidence): HullGuard {
  const { rows, groupOf } = evidence
  const points = fixedLlmPoints(rows.quality, rows.costUsd, rows.llms.length)
  const maxCostUsd = Math.max(0, ...points.map((point) => point.costUsd))
  if (!(maxCostUsd > 0)) {
    const free = new Float64Array(rows.quality.length)
    const blind = { ...evidence, costUsd: free, meanCostUsd: free, rows: { ...rows, costUsd: free } }
    return new HullGuard([judged(Number.POSITIVE_INFINITY, compareAt(blind, 0, 1).gains, groupOf)])
  }
  const weights = sweepCostWeights().filter((_, index) => index % costWeightStride === 0)
  const steps = Array.from(weights, (weight) => compareAt(evidence, weight, maxCostUsd))
  const regionOf = costRegions(steps.map((step) => step.meanCostUsd))
  const regions = [...new Set(regionOf)].map((region) => {
    const members = steps.filter((_, step) => regionOf[step] === region)
    const upTo = boundAfter(weights, regionOf.lastIndexOf(region))
    return judged(upTo, meanRows(members.map((step) => step.gains)), groupOf)
  })
  return new HullGuard(regions)
}

/** @param gains by row, NaN where unknown; nothing known is no gain. */
function judged(upTo: number, gains: Float64Array, groupOf: Int32Array | undefined): GuardRegion {
  const { mean, error } = groupedMean(gains, groupOf)
  return { upTo, gain: mean, servesHull: mean + shownHarm * error < 0 }
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
