import { RoutingError } from '../errors.ts'
import type { RandomSource } from '../numeric/random-source.ts'

export interface ExplorationOptions {
  /** What exploring may cost, in expected utility per request, the floor included; 0 takes the best but for the floor. */
  readonly price: number
  /** Probability shared out evenly over all admissible candidates, so that every alternative has support. */
  readonly floor: number
}

export const defaultExploration: ExplorationOptions = { price: 0.005, floor: 0.02 }

export const noExploration: ExplorationOptions = { price: 0, floor: 0 }

/** @throws {RoutingError} `invalid_option` */
export function checkExploration({ price, floor }: ExplorationOptions): void {
  if (!(price >= 0 && Number.isFinite(price))) {
    throw new RoutingError('invalid_option', `The price of exploration must be a number ≥ 0, got ${price}`)
  }
  if (!(floor >= 0 && floor <= 1)) {
    throw new RoutingError('invalid_option', `The exploration floor must be in [0, 1], got ${floor}`)
  }
}

/**
 * Choice probabilities: (1 − floor)·softmax(s/T) + floor/K (design §3.6).
 *
 * The floor is paid first; T spends what it leaves of the price. The softmax maximises Σp·s + T·H(p), so its expected loss
 * against the best candidate is at most T·H(p) ≤ T·ln K: with T = rest/ln K the declared price holds on every request,
 * without calibration, unless the floor alone costs more. Where nothing is left the best takes all but the floor, ties
 * going to the cheaper.
 *
 * @param utilities s, finite, its first `count` entries.
 * @param costsUsd same order; breaks ties.
 * @param probabilities receives the result; sums to 1.
 */
export function choiceProbabilities(
  utilities: Float64Array,
  costsUsd: Float64Array,
  count: number,
  options: ExplorationOptions,
  probabilities: Float64Array,
): void {
  const best = bestCandidate(utilities, costsUsd, count)
  const floor = count > 1 ? options.floor : 0
  const top = utilities[best]!
  const temperature = count > 1 ? softmaxPrice(utilities, count, top, options) / Math.log(count) : 0
  if (temperature === 0) {
    for (let i = 0; i < count; i++) probabilities[i] = floor / count
    probabilities[best] = floor / count + (1 - floor)
    return
  }
  let total = 0
  for (let i = 0; i < count; i++) {
    const weight = Math.exp((utilities[i]! - top) / temperature)
    probabilities[i] = weight
    total += weight
  }
  const scale = (1 - floor) / total
  for (let i = 0; i < count; i++) probabilities[i] = probabilities[i]! * scale + floor / count
}

/** What the floor leaves of the price for the softmax, which acts on the other 1 − floor of the draws. */
function softmaxPrice(
  utilities: Float64Array,
  count: number,
  top: number,
  { price, floor }: ExplorationOptions,
): number {
  if (floor >= 1) return 0
  let loss = 0
  for (let i = 0; i < count; i++) loss += top - utilities[i]!
  return Math.max(0, price - (floor * loss) / count) / (1 - floor)
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
