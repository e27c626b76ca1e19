import type { OffPolicyLog, TargetChoices } from './off-policy-log.ts'

/** Rows over which the spread expected of the next row is averaged. */
const memoryRows = 50

/** Rows at the start that have next to no past: the average over all of them stands in. */
const firstRows = 25

/** What served is taken to have changed where knowing it beforehand would be worth a tenth of the variance. */
const mostVarianceShare = 0.9

/**
 * Whether what served changed along the log, as seen from a target: whether the spread of a row's weight, Σ_a π²/p, can be foretold from the rows before
 * it. The measure is the variance that an estimate would have whose rows counted for 1/√(spread foretold) (Zhan, Hadad, Hirshberg, Athey 2021, arXiv:2106.02029,
 * StableVar) over that of one whose rows count alike. Rare heavy weights of a policy that stays as it is foretell nothing, and do not count as change.
 */
export function servedChanged(log: OffPolicyLog, target: TargetChoices): boolean {
  const spreads = rowSpreads(log, target)
  return varianceShare(spreads, stabilisingWeights(spreads)) < mostVarianceShare
}

/** By row: Σ_a π²/p, what the draw does to the variance of a row's score; 1 at least, what a target that can be drawn everywhere has. */
function rowSpreads({ rows, offsets, logging }: OffPolicyLog, { probability }: TargetChoices): Float64Array {
  const spreads = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let place = offsets[i]!; place < offsets[i + 1]!; place++) {
      const p = logging[place]!
      if (p > 0) sum += (probability[place]! * probability[place]!) / p
    }
    spreads[i] = Math.max(1, sum)
  }
  return spreads
}

/** h by row, mean 1: 1/√ of a moving average over the rows before. */
function stabilisingWeights(spreads: Float64Array): Float64Array {
  const rows = spreads.length
  const weights = new Float64Array(rows)
  const first = Math.min(firstRows, rows)
  let expected = 0
  for (let i = 0; i < first; i++) expected += spreads[i]! / first
  let total = 0
  for (let i = 0; i < rows; i++) {
    weights[i] = 1 / Math.sqrt(expected)
    total += weights[i]!
    if (i >= first) expected += (spreads[i]! - expected) / Math.min(memoryRows, i + 1)
  }
  return weights.map((weight) => (weight * rows) / total)
}

/**
 * Variance of paired differences with weights over that without, residuals alike everywhere and contexts as far apart as they: Σ_a (h·π − p)²/p = h²·Σπ²/p − 2h + 1
 * of the draw, (h − 1)² of the context, which rows that count differently do not cancel.
 */
function varianceShare(spreads: Float64Array, weights: Float64Array): number {
  let weighted = 0
  let plain = 0
  for (let i = 0; i < spreads.length; i++) {
    const h = weights[i]!
    weighted += h * h * spreads[i]! - 2 * h + 1 + (h - 1) ** 2
    plain += spreads[i]! - 1
  }
  return plain > 0 ? weighted / plain : 1
}
