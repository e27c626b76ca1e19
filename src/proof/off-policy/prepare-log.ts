import { directCost, directQuality } from './direct-model.ts'
import { labelRates } from './label-rates.ts'
import type { OffPolicyLog } from './off-policy-log.ts'

/** One outcome of a log, with what its estimates need whatever the target. */
export interface PreparedMeasure {
  /** By row; NaN is unknown. */
  readonly outcome: Float64Array
  /** By row: 1/ℓ where the outcome is known, else 0. */
  readonly knownWeight: Float64Array
  /** By place: r̂. */
  readonly model: Float64Array
  /** By row: (r − r̂)/ℓ of the LLM drawn; 0 where unknown. */
  readonly residual: Float64Array
  /** Rows with a known outcome. */
  readonly known: number
  /** By LLM: share of its draws with a known outcome; of one never drawn, that of all. */
  readonly knownShare: Float64Array
}

/** A log with all that does not hang on the target, so that many targets share it. */
export interface PreparedLog {
  readonly log: OffPolicyLog
  readonly quality: PreparedMeasure
  readonly cost: PreparedMeasure
  /** By row: the place of the LLM most likely to be drawn; of equals the first. */
  readonly favourite: Int32Array
}

export function prepareLog(log: OffPolicyLog): PreparedLog {
  return {
    log,
    quality: prepareMeasure(log, log.quality, directQuality(log)),
    cost: prepareMeasure(log, log.costUsd, directCost(log)),
    favourite: favourites(log),
  }
}

function prepareMeasure(log: OffPolicyLog, outcome: Float64Array, model: Float64Array): PreparedMeasure {
  const rates = labelRates(log, outcome)
  const knownWeight = new Float64Array(log.rows)
  const residual = new Float64Array(log.rows)
  let known = 0
  const drawnBy = new Float64Array(log.llms.length)
  const knownBy = new Float64Array(log.llms.length)
  for (let i = 0; i < log.rows; i++) {
    const value = outcome[i]!
    const llm = log.llm[log.drawn[i]!]!
    drawnBy[llm]!++
    // A rate of 0 means that no other fold knows an outcome: there is nothing to weigh this one with.
    if (Number.isNaN(value) || rates[i] === 0) continue
    known++
    knownBy[llm]!++
    knownWeight[i] = 1 / rates[i]!
    residual[i] = (value - model[log.drawn[i]!]!) / rates[i]!
  }
  const knownShare = knownBy.map((count, llm) => (drawnBy[llm]! > 0 ? count / drawnBy[llm]! : known / log.rows))
  return { outcome, knownWeight, model, residual, known, knownShare }
}

function favourites({ rows, offsets, logging }: OffPolicyLog): Int32Array {
  const favourite = new Int32Array(rows)
  for (let i = 0; i < rows; i++) {
    let best = offsets[i]!
    for (let place = best + 1; place < offsets[i + 1]!; place++) if (logging[place]! > logging[best]!) best = place
    favourite[i] = best
  }
  return favourite
}
