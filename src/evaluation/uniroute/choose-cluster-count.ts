import { areaUnderCurve, rawCurve } from '../metrics/deferral-curve.ts'
import { type PlugInTable, plugInCurve } from './plug-in-curve.ts'

/** Labels per cluster that the paper's reproduction asks for: K ≤ N_val/50. */
const labelsPerCluster = 50
const fewestClusters = 3
const mostClusters = 100

/** At most this many values of K are tried. */
const gridSize = 10

/**
 * The K to choose from: 3 to ⌊N/50⌋ (at most 100) in equal ratios, rounded; with fewer than 150 labelled prompts 3 alone.
 *
 * @param labelled N: prompts that Ψ will rest on.
 */
export function clusterCountGrid(labelled: number): number[] {
  const most = Math.min(mostClusters, Math.floor(labelled / labelsPerCluster))
  if (most <= fewestClusters) return [fewestClusters]
  if (most - fewestClusters < gridSize) {
    return Array.from({ length: most - fewestClusters + 1 }, (_, i) => fewestClusters + i)
  }
  const ratio = (most / fewestClusters) ** (1 / (gridSize - 1))
  return [...new Set(Array.from({ length: gridSize }, (_, i) => Math.round(fewestClusters * ratio ** i)))]
}

/** K where there is no training LLM to choose it by: N/50 held to 3 … 100. */
export function fixedClusterCount(labelled: number): number {
  return Math.min(mostClusters, Math.max(fewestClusters, Math.round(labelled / labelsPerCluster)))
}

/**
 * The setting whose plug-in curve has the largest area (from 0 to the pool's largest mean cost, over it), by its place in
 * `candidates`: how UniRoute chooses K, and K-NN's k, with the training LLMs as the pool (arXiv:2502.08773, appendix F.1).
 * Of equal ones the first. Deviation: the area of the sweep as it runs, without the running maximum, which favours settings
 * whose curves are noisy.
 *
 * @param candidates 1 − γ̂ under each setting, all of the shape of `outcomes.quality`.
 */
export function chooseByArea(
  candidates: readonly Float64Array[],
  outcomes: Omit<PlugInTable, 'predictedQuality'>,
  maxCostUsd: number,
): number {
  let best = 0
  let bestArea = Number.NEGATIVE_INFINITY
  candidates.forEach((predictedQuality, index) => {
    const points = plugInCurve({ ...outcomes, predictedQuality })
    if (points.length === 0) return
    const area = areaUnderCurve(rawCurve(points), 0, maxCostUsd, maxCostUsd)
    if (area > bestArea) {
      best = index
      bestArea = area
    }
  })
  return best
}
