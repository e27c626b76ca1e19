import { isotonicRegression } from '../numeric/isotonic-regression.ts'
import type { SnapshotData } from '../policy-store.ts'
import { requireSnapshot, vectorField } from './snapshot-fields.ts'

/** Bins of equal size that the sorted pairs are averaged into before they are made monotone. */
const bins = 100

/**
 * One non-decreasing map from q̂ to the quality really seen, pooled over all LLMs. Routing compares the unmapped q̂
 * (per-LLM maps lowered AIQ on every set, mathematics §2); levels that are shown or compared with a floor go through here.
 */
export class LevelMap {
  /** Strictly increasing q̂. */
  readonly #knots: Float64Array
  /** Non-decreasing levels at the knots, [0, 1]. */
  readonly #levels: Float64Array

  private constructor(knots: Float64Array, levels: Float64Array) {
    this.#knots = knots
    this.#levels = levels
  }

  /** Changes nothing. */
  static identity(): LevelMap {
    return new LevelMap(new Float64Array(0), new Float64Array(0))
  }

  /**
   * Isotonic regression of labels on out-of-fold predictions, over equal-count bins, linear between the bins' means.
   *
   * @param predicted q̂, any shape; @param quality labels of the same length, NaN where unknown.
   * @returns the identity when fewer than two bins can be told apart.
   */
  static fit(predicted: Float64Array, quality: Float64Array): LevelMap {
    const known: number[] = []
    for (let i = 0; i < predicted.length; i++) {
      if (!Number.isNaN(quality[i]!) && !Number.isNaN(predicted[i]!)) known.push(i)
    }
    known.sort((a, b) => predicted[a]! - predicted[b]!)
    const size = Math.max(1, Math.ceil(known.length / bins))
    const knots: number[] = []
    const means: number[] = []
    const weights: number[] = []
    for (let start = 0; start < known.length; start += size) {
      const members = known.slice(start, start + size)
      const knot = mean(predicted, members)
      const level = mean(quality, members)
      const last = knots.length - 1
      if (last >= 0 && !(knot > knots[last]!)) {
        const weight = weights[last]! + members.length
        means[last] = (means[last]! * weights[last]! + level * members.length) / weight
        weights[last] = weight
      } else {
        knots.push(knot)
        means.push(level)
        weights.push(members.length)
      }
    }
    if (knots.length < 2) return LevelMap.identity()
    const levels = isotonicRegression(Float64Array.from(means), Float64Array.from(weights))
    return new LevelMap(Float64Array.from(knots), levels)
  }

  /** The level at q̂, [0, 1]; flat beyond the outermost knots. O(log knots). */
  level(quality: number): number {
    const knots = this.#knots
    if (knots.length === 0) return quality
    if (!(quality > knots[0]!)) return this.#levels[0]!
    if (quality >= knots[knots.length - 1]!) return this.#levels[knots.length - 1]!
    let low = 0
    let high = knots.length - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (knots[middle]! <= quality) low = middle
      else high = middle
    }
    const share = (quality - knots[low]!) / (knots[high]! - knots[low]!)
    return this.#levels[low]! + share * (this.#levels[high]! - this.#levels[low]!)
  }

  snapshot(): SnapshotData {
    return { formatVersion: 1, kind: 'level-map', knots: this.#knots.slice(), levels: this.#levels.slice() }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): LevelMap {
    const fields = requireSnapshot(data, 'level-map')
    const knots = vectorField(fields, 'knots')
    return new LevelMap(knots, vectorField(fields, 'levels', knots.length))
  }
}

function mean(values: Float64Array, indices: readonly number[]): number {
  let sum = 0
  for (const index of indices) sum += values[index]!
  return sum / indices.length
}
