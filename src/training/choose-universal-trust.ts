import { fixedLlmPoints, sweepCostWeights, sweepPoints } from '../routing/decision/cost-quality-hull.ts'
import { type RandomSource, shuffle } from '../routing/numeric/random-source.ts'
import { sweepArea } from './sweep-area.ts'
import type { UniversalTraining } from './universal-basis.ts'
import type { UniversalEpisode } from './universal-episodes.ts'

const candidates = [0, 0.25, 0.5, 0.75, 1] as const

/** A third of the LLMs at a time is routed: about as many as join. */
const pools = 3
const fewestInPool = 3

/** Every third μ of the full sweep. */
const costWeightStride = 3

/**
 * κ for one number of labels: the largest whose area of the sweep as it runs, without hull or maximum, comes within one standard error of the
 * best one's, over episodes (paired; each is the mean of its random pools of newcomers, which share labels). κ = 0 routes by levels alone, as
 * ZeroRouter does: what clearly harmed in rehearsal is not believed, what did neither is. Without any known cost κ is 1.
 *
 * @param weights of the estimators, sum 1.
 */
export function chooseUniversalTrust(
  training: UniversalTraining,
  episodes: readonly UniversalEpisode[],
  weights: readonly number[],
  random: RandomSource,
): number {
  const areas = episodes.flatMap((episode) => {
    const pooled = drawPools(episode.newcomers.length, random).flatMap((pool) => {
      const inPool = poolAreas(training, episode, weights, pool)
      return inPool === undefined ? [] : [inPool]
    })
    return pooled.length === 0 ? [] : [candidates.map((_, index) => mean(pooled.map((inPool) => inPool[index]!)))]
  })
  if (areas.length === 0) return 1
  const means = candidates.map((_, index) => mean(areas.map((area) => area[index]!)))
  const best = means.indexOf(Math.max(...means))
  const within = candidates.findLastIndex((_, index) => {
    const losses = areas.map((area) => area[best]! - area[index]!)
    return mean(losses) <= standardError(losses)
  })
  return candidates[within]!
}

/** Area of each candidate; undefined where the pool is free, or where nothing is known of what was chosen. */
function poolAreas(
  { rows, cost }: UniversalTraining,
  episode: UniversalEpisode,
  weights: readonly number[],
  pool: readonly number[],
): number[] | undefined {
  const { newcomers } = episode
  const width = newcomers.length
  const pick = (value: (row: number, llm: number) => number): Float64Array => {
    return Float64Array.from({ length: episode.asked.length * pool.length }, (_, cell) => {
      return value(Math.floor(cell / pool.length), pool[cell % pool.length]!)
    })
  }
  const quality = pick((row, llm) => episode.quality[row * width + llm]!)
  const costUsd = pick((row, llm) => rows.costUsd[episode.asked[row]! * rows.llms.length + newcomers[llm]!]!)
  const maxCostUsd = Math.max(0, ...fixedLlmPoints(quality, costUsd, pool.length).map((point) => point.costUsd))
  if (!(maxCostUsd > 0)) return undefined
  const levels = weighted(episode.levels, weights)
  const deviations = weighted(episode.deviations, weights)
  const predictedCostUsd = pick((_, llm) => cost.means[newcomers[llm]!]!)
  const costWeights = sweepCostWeights().filter((_, index) => index % costWeightStride === 0)
  const areas = candidates.map((trust) => {
    const predictedQuality = pick((row, llm) => levels[llm]! + trust * deviations[row * width + llm]!)
    const table = { llmCount: pool.length, predictedQuality, predictedCostUsd, quality, costUsd }
    return sweepArea(sweepPoints(table, maxCostUsd, costWeights), maxCostUsd)
  })
  return areas.every(Number.isFinite) ? areas : undefined
}

function drawPools(llms: number, random: RandomSource): number[][] {
  const order = Int32Array.from({ length: llms }, (_, llm) => llm)
  shuffle(order, random)
  const count = Math.max(1, Math.min(pools, Math.floor(llms / fewestInPool)))
  return Array.from({ length: count }, (_, pool) => [...order].filter((_, index) => index % count === pool))
}

/** Σ_j w_j·v_j. */
export function weighted(vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, vector, j) => sum + weights[j]! * vector[i]!, 0))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function standardError(values: readonly number[]): number {
  const centre = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return Math.sqrt(squares / Math.max(1, values.length - 1) / values.length)
}
