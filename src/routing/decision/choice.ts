import { RoutingError } from '../errors.ts'
import type { RandomSource } from '../numeric/random-source.ts'

export interface ExplorationOptions {
  /** What exploring may cost, in expected utility per request, the floor included; 0 takes the best but for the floor. */
  readonly price: number
  /** Probability shared out over all admissible candidates, so that every alternative has support. */
  readonly floor: number
  /** What the floor may add to the bill, as a share of the best candidate's cost. */
  readonly floorSpendShare: number
}

export const defaultExploration: ExplorationOptions = { price: 0.005, floor: 0.02, floorSpendShare: 0.25 }

export const noExploration: ExplorationOptions = { price: 0, floor: 0, floorSpendShare: 0 }

/** Utilities lie about within [−1, 1]; a loss beyond that is a veto, such as the latency penalty's, not money or quality. */
const largestLoss = 1

/** However dear a candidate is, this share of its even part of the floor stays. */
const leastFloorShare = 0.01

/** @throws {RoutingError} `invalid_option` */
export function checkExploration({ price, floor, floorSpendShare }: ExplorationOptions): void {
  if (!(price >= 0 && Number.isFinite(price))) {
    throw new RoutingError('invalid_option', `The price of exploration must be a number ≥ 0, got ${price}`)
  }
  if (!(floor >= 0 && floor <= 1)) {
    throw new RoutingError('invalid_option', `The exploration floor must be in [0, 1], got ${floor}`)
  }
  if (!(floorSpendShare >= 0)) {
    throw new RoutingError('invalid_option', `The floor's share of the bill must be ≥ 0, got ${floorSpendShare}`)
  }
}

/**
 * Choice probabilities: p_m = (1 − Σf)·softmax(s/T)_m + f_m (mathematics §5).
 *
 * The floor is f_m = floor/K, less for an LLM so dear that this alone would add more than `floorSpendShare`/K of the best
 * candidate's cost to the bill; a hundredth of floor/K always stays. (Mathematics §5 has floor/K for all; see
 * docs/decisions/0006.)
 *
 * The floor is paid first; T spends what it leaves of the price. The softmax maximises Σp·s + T·H(p), so its expected loss
 * against the best candidate is at most T·H(p) ≤ T·ln K: with T = rest/ln K the declared price holds on every request,
 * without calibration, unless the floor alone costs more; a veto counts as a loss of 1 there. Where nothing is left the best takes all but the floor, ties
 * going to the cheaper.
 *
 * @param utilities s, finite, its first `count` entries.
 * @param costsUsd ĉ, finite, same order; also breaks ties.
 * @param probabilities receives the result; sums to 1.
 * @throws {RoutingError} `not_finite`, so that a propensity that is no number can never be logged.
 */
export function choiceProbabilities(
  utilities: Float64Array,
  costsUsd: Float64Array,
  count: number,
  options: ExplorationOptions,
  probabilities: Float64Array,
): void {
  const best = bestCandidate(utilities, costsUsd, count)
  const top = utilities[best]!
  if (count === 1) {
    if (!Number.isFinite(top)) throw new RoutingError('not_finite', 'Utilities must be finite')
    probabilities[0] = 1
    return
  }
  const cap = (options.floorSpendShare * costsUsd[best]!) / count
  let floor = 0
  let floorLoss = 0
  for (let i = 0; i < count; i++) {
    const part = floorOf(costsUsd[i]!, cap, options.floor / count)
    probabilities[i] = part
    floor += part
    floorLoss += part * Math.min(largestLoss, top - utilities[i]!)
  }
  if (!Number.isFinite(floorLoss) || !Number.isFinite(floor)) {
    throw new RoutingError('not_finite', 'Utilities and costs must be finite')
  }
  const rest = floor < 1 ? Math.max(0, options.price - floorLoss) / (1 - floor) : 0
  const temperature = rest / Math.log(count)
  if (temperature === 0) {
    probabilities[best]! += 1 - floor
    return
  }
  let total = 0
  for (let i = 0; i < count; i++) total += Math.exp((utilities[i]! - top) / temperature)
  const scale = (1 - floor) / total
  for (let i = 0; i < count; i++) probabilities[i]! += scale * Math.exp((utilities[i]! - top) / temperature)
}

/** @param cap what this candidate's floor may cost, USD; @param even floor/K. */
function floorOf(costUsd: number, cap: number, even: number): number {
  if (costUsd * even <= cap) return even
  return Math.max(leastFloorShare * even, cap / costUsd)
}

/** Index of the highest utility; ties go to the cheaper, then to the earlier. */
export function bestCandidate(utilities: Float64Array, costsUsd: Float64Array, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) {
    const gain = utilities[i]! - utilities[best]!
    if (gain > 0 || (gain === 0 && costsUsd[i]! < costsUsd[best]!)) best = i
  }
  return best
}

/** Draws an index by its probability; one uniform. Rounding at the end of the sum goes to the last with any support. */
export function drawCandidate(probabilities: Float64Array, count: number, random: RandomSource): number {
  let left = random.next()
  let last = 0
  for (let i = 0; i < count; i++) {
    const probability = probabilities[i]!
    if (probability <= 0) continue
    last = i
    left -= probability
    if (left < 0) return i
  }
  return last
}
