import type { TargetChoices } from './off-policy-log.ts'
import type { PreparedLog, PreparedMeasure } from './prepare-log.ts'
import { drawWeight } from './target-scores.ts'

/**
 * How much of a log speaks of a target, for one outcome. Beside what was drawn stands what was to be expected before the draws: a log that may speak only
 * because rare heavy draws did not happen is biased by that very choice.
 */
export interface TargetSupport {
  /** Rows with a known outcome. */
  readonly known: number
  /** Of them, draws that the target would have made too, off what was most likely to be drawn: Σ π(a) over rows where a was not the favourite. */
  readonly hits: number
  readonly expectedHits: number
  /** (Σw)²/Σw²: how many rows of equal weight would say as much. */
  readonly effectiveRows: number
  readonly expectedEffectiveRows: number
  /** The largest weight over the sum of weights, [0, 1]. */
  readonly largestWeight: number
  /** Expected draws on which target and served policy differ, the side with fewer: those that the target makes more often, or less often. */
  readonly expectedContrast: number
  /** Share of the target's choices that could not have been drawn, or of LLMs whose outcome is never known. */
  readonly unsupported: number
}

/** Where a target departs from what served. */
export interface TargetDistance {
  /** Share of its choices that are not what was most likely to be drawn. */
  readonly offFavourite: number
  /** Mean total variation distance between its probabilities and those that served. */
  readonly changed: number
}

export function targetSupport(prepared: PreparedLog, measure: PreparedMeasure, target: TargetChoices): TargetSupport {
  return {
    known: measure.known,
    ...drawnSupport(prepared, measure, target),
    ...expectedSupport(prepared, measure, target),
  }
}

export function targetDistance({ log, favourite }: PreparedLog, target: TargetChoices): TargetDistance {
  const { rows, offsets, logging } = log
  const { probability, unsupported } = target
  let off = 0
  let changed = 0
  for (let i = 0; i < rows; i++) {
    for (let place = offsets[i]!; place < offsets[i + 1]!; place++) {
      if (place !== favourite[i]) off += probability[place]!
      changed += Math.abs(probability[place]! - logging[place]!)
    }
    off += unsupported?.[i] ?? 0
    changed += unsupported?.[i] ?? 0
  }
  return { offFavourite: off / rows, changed: changed / (2 * rows) }
}

function drawnSupport({ log, favourite }: PreparedLog, measure: PreparedMeasure, { probability }: TargetChoices) {
  let hits = 0
  let sum = 0
  let squares = 0
  let largest = 0
  for (let i = 0; i < log.rows; i++) {
    if (measure.knownWeight[i] === 0) continue
    const weight = drawWeight(log, probability, i) * measure.knownWeight[i]!
    sum += weight
    squares += weight * weight
    if (weight > largest) largest = weight
    const place = log.drawn[i]!
    if (place !== favourite[i]) hits += probability[place]!
  }
  return {
    hits,
    effectiveRows: squares > 0 ? (sum * sum) / squares : 0,
    largestWeight: sum > 0 ? largest / sum : 0,
  }
}

function expectedSupport({ log, favourite }: PreparedLog, { knownShare }: PreparedMeasure, target: TargetChoices) {
  const { rows, offsets, logging, llm } = log
  const { probability } = target
  let expectedHits = 0
  let sum = 0
  let squares = 0
  let more = 0
  let less = 0
  let unsupported = 0
  for (let i = 0; i < rows; i++) {
    unsupported += target.unsupported?.[i] ?? 0
    for (let place = offsets[i]!; place < offsets[i + 1]!; place++) {
      const pi = probability[place]!
      const known = knownShare[llm[place]!]!
      const p = logging[place]! * known
      if (!(p > 0)) {
        unsupported += pi
        continue
      }
      sum += pi
      squares += (pi * pi) / p
      if (place !== favourite[i]) expectedHits += pi * p
      const gain = known * (pi - logging[place]!)
      if (gain > 0) more += Math.min(p, gain)
      else less -= gain
    }
  }
  return {
    expectedHits,
    expectedEffectiveRows: squares > 0 ? (sum * sum) / squares : 0,
    expectedContrast: Math.min(more, less),
    unsupported: unsupported / rows,
  }
}
