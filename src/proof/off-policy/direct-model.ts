import { foldCount, foldOf } from './folds.ts'
import type { OffPolicyLog } from './off-policy-log.ts'

/** Rows without an error that a correction's level is weighed against. */
const levelRows = 10

/** The same of its slope, in squared quality units: as many rows whose q̂ are .3 from their mean. */
const slopeWeight = 1

/** Answers billed as predicted that a cost's factor is weighed against. */
const costRows = 10

/**
 * The direct model of quality: what was logged as q̂, corrected per LLM by a straight line, r̂ = q̂ + a_m + b_m·(q̂ − x̄_m), fitted by ridge
 * regression on the known outcomes of the other folds: no row sees itself.
 *
 * @returns by place, quality units; not held to [0, 1], which would only add bias.
 */
export function directQuality(log: OffPolicyLog): Float64Array {
  const width = log.llms.length
  const sums = new Float64Array(foldCount * width * moments)
  for (let i = 0; i < log.rows; i++) {
    const outcome = log.quality[i]!
    if (Number.isNaN(outcome)) continue
    const place = log.drawn[i]!
    const x = log.qualityEstimate[place]!
    const y = outcome - x
    const at = (foldOf(log, i) * width + log.llm[place]!) * moments
    sums[at]!++
    sums[at + 1]! += x
    sums[at + 2]! += y
    sums[at + 3]! += x * x
    sums[at + 4]! += x * y
  }
  const lines = correctionLines(sums, width)
  const model = new Float64Array(log.llm.length)
  for (let i = 0; i < log.rows; i++) {
    const fold = foldOf(log, i) * width
    for (let place = log.offsets[i]!; place < log.offsets[i + 1]!; place++) {
      const line = 2 * (fold + log.llm[place]!)
      const x = log.qualityEstimate[place]!
      model[place] = x + lines[line]! + lines[line + 1]! * x
    }
  }
  return model
}

/** n, Σx, Σy, Σx², Σxy */
const moments = 5

/** Level at x = 0 and slope, by fold and LLM. */
function correctionLines(sums: Float64Array, width: number): Float64Array {
  const lines = new Float64Array(2 * foldCount * width)
  const all = withoutFold(sums, width * moments)
  for (let cell = 0; cell < foldCount * width; cell++) {
    const at = cell * moments
    const n = all[at]!
    if (n === 0) continue
    const meanX = all[at + 1]! / n
    const meanY = all[at + 2]! / n
    const spread = Math.max(0, all[at + 3]! - n * meanX * meanX)
    const slope = (all[at + 4]! - n * meanX * meanY) / (spread + slopeWeight)
    const level = (n * meanY) / (n + levelRows)
    lines[2 * cell] = level - slope * meanX
    lines[2 * cell + 1] = slope
  }
  return lines
}

/**
 * The direct model of cost: ĉ times a factor per LLM, known bills over predicted ones in the other folds; where no ĉ is known the
 * LLM's mean bill, else that of all.
 *
 * @returns by place, USD.
 */
export function directCost(log: OffPolicyLog): Float64Array {
  const width = log.llms.length
  const sums = new Float64Array(foldCount * width * costMoments)
  for (let i = 0; i < log.rows; i++) {
    const costUsd = log.costUsd[i]!
    if (Number.isNaN(costUsd)) continue
    const place = log.drawn[i]!
    const at = (foldOf(log, i) * width + log.llm[place]!) * costMoments
    const expected = log.costEstimate[place]!
    sums[at]!++
    sums[at + 1]! += costUsd
    if (Number.isNaN(expected)) continue
    sums[at + 2]!++
    sums[at + 3]! += costUsd
    sums[at + 4]! += expected
  }
  const all = withoutFold(sums, width * costMoments)
  const means = foldMeans(all, width)
  const model = new Float64Array(log.llm.length)
  for (let i = 0; i < log.rows; i++) {
    const fold = foldOf(log, i)
    for (let place = log.offsets[i]!; place < log.offsets[i + 1]!; place++) {
      const at = (fold * width + log.llm[place]!) * costMoments
      model[place] = expectedBill(all, at, log.costEstimate[place]!, means[fold]!)
    }
  }
  return model
}

/** n, Σc; of those with ĉ: n, Σc, Σĉ */
const costMoments = 5

function expectedBill(sums: Float64Array, at: number, estimate: number, meanUsd: number): number {
  if (Number.isNaN(estimate)) return sums[at]! > 0 ? sums[at + 1]! / sums[at]! : meanUsd
  const predicted = sums[at + 4]!
  if (!(predicted > 0)) return estimate
  const prior = (costRows * predicted) / sums[at + 2]!
  return (estimate * (sums[at + 3]! + prior)) / (predicted + prior)
}

function foldMeans(sums: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: foldCount }, (_, fold) => {
    let count = 0
    let total = 0
    for (let llm = 0; llm < width; llm++) {
      count += sums[(fold * width + llm) * costMoments]!
      total += sums[(fold * width + llm) * costMoments + 1]!
    }
    return count === 0 ? 0 : total / count
  })
}

/** Sums over the other folds, in the same layout. @param stride entries of one fold. */
function withoutFold(sums: Float64Array, stride: number): Float64Array {
  const all = new Float64Array(sums.length)
  for (let i = 0; i < stride; i++) {
    // Added up anew for each fold: a total less the fold's own would leave rounding where nothing is known.
    for (let fold = 0; fold < foldCount; fold++) {
      let sum = 0
      for (let other = 0; other < foldCount; other++) if (other !== fold) sum += sums[other * stride + i]!
      all[fold * stride + i] = sum
    }
  }
  return all
}
