import { RoutingError } from '../errors.ts'
import type { RandomSource } from '../numeric/random-source.ts'

export interface ExplorationOptions {
  /** What exploring may cost at most, in expected utility per request, the floor included, trials of newcomers not; 0 takes the best but for the floor. */
  readonly price: number
  /** Probability shared out over all admissible candidates, so that every alternative has support. */
  readonly floor: number
  /** What the floor may cost in expected utility. */
  readonly floorPrice: number
  /** What the floor may add to the bill, as a share of the base: the best candidate's cost, or a hundredth of the candidates' mean where that is more. */
  readonly floorSpendShare: number
  /** Probability that newcomers who may still prove the best are tried with, together. */
  readonly trialShare: number
  /** What all trials together may cost in expected utility per request, beside `price`. */
  readonly trialPrice: number
  /** What all trials together may add to the bill, as a share of the same base. */
  readonly trialSpendShare: number
  /** Labels of one newcomer after which it must stand on its estimate. */
  readonly trials: number
}

export const defaultExploration: ExplorationOptions = {
  price: 0.002,
  floor: 0.02,
  floorPrice: 0.0005,
  floorSpendShare: 0.1,
  trialShare: 0.2,
  trialPrice: 0.05,
  trialSpendShare: 0.25,
  trials: 20,
}

export const noExploration: ExplorationOptions = {
  price: 0,
  floor: 0,
  floorPrice: 0,
  floorSpendShare: 0,
  trialShare: 0,
  trialPrice: 0,
  trialSpendShare: 0,
  trials: 0,
}

/** What probabilities are made of, in candidate order; the first `count` entries count. */
export interface ChoiceInputs {
  /** s, finite. */
  readonly utility: Float64Array
  /** ĉ, finite; also breaks ties. */
  readonly comparableCostUsd: Float64Array
  /** Standard deviation of s by what is not known of quality, ≥ 0. */
  readonly deviation: Float64Array
  /** By how much s would rise with a quality of 1. */
  readonly reach: Float64Array
  /** 1 where a newcomer is still to be tried, else 0. */
  readonly isTried: Uint8Array
}

/** Utilities lie about within [−1, 1]; a loss beyond that is a veto, such as the latency penalty's, not money or quality. */
const largestLoss = 1

/** However dear a candidate is, this share of its even part of the floor stays. */
const leastFloorShare = 0.01

/** Of the mean cost of the candidates: a best one that is free must not end all trials, nor take everybody's floor. */
const leastBaseShare = 0.01

/** e^{−1.702·x} are the odds 1 − Φ(x) to within .01 in probability (Haley 1952), without an error function. */
const normalOdds = 1.702

/** @throws {RoutingError} `invalid_option` */
export function checkExploration(options: ExplorationOptions): void {
  const { price, floor, floorPrice, floorSpendShare, trialShare, trialPrice, trialSpendShare, trials } = options
  if (!(price >= 0 && Number.isFinite(price))) {
    throw new RoutingError('invalid_option', `The price of exploration must be a number ≥ 0, got ${price}`)
  }
  if (!(floor >= 0 && floor <= 1)) {
    throw new RoutingError('invalid_option', `The exploration floor must be in [0, 1], got ${floor}`)
  }
  if (!(floorPrice >= 0 && floorSpendShare >= 0)) {
    throw new RoutingError('invalid_option', 'The floor’s price and its share of the bill must be ≥ 0')
  }
  const isTrial = trialShare >= 0 && floor + trialShare <= 1 && trialPrice >= 0 && trialSpendShare >= 0 && trials >= 0
  if (!isTrial) {
    throw new RoutingError(
      'invalid_option',
      'Trials of newcomers need a share of what the floor leaves of 1, and prices ≥ 0',
    )
  }
}

/**
 * Choice probabilities (mathematics §5): p_m = f_m + t_m + (1 − Σf − Σt)·w_m/Σw, best candidate b.
 *
 * - w_m = e^{−(s_b − s_m)/T_m}, w_b = 1, T_m = √(d_m² + d_b²)/1.702: between two, Thompson sampling from the posterior, with a logistic curve
 *   for the normal one. What is known for certain is not explored. No T_m is above rest/ln K, rest being what the floor leaves of
 *   the declared price, and that bounds the expected loss on every request, trials aside: with w_m = e^{−Δ_m/T_m} and T_m ≤ T,
 *   Σ pΔ ≤ T·Σ p·(−ln w) = T·(H(p) − ln Σw) ≤ T·ln K.
 * - f_m = floor/K, less where that would cost more than `floorPrice`/K of utility or add more than `floorSpendShare`/K of the base to
 *   the bill, the larger of b's cost and a hundredth of the candidates' mean; a hundredth of floor/K always stays (docs/decisions/0006, 0018).
 * - t_m, of newcomers still to be tried: the probability that it beats b by the posterior; all together take at most `trialShare` of the requests, lose
 *   at most `trialPrice` and add at most `trialSpendShare` of the base to the bill.
 *
 * @param probabilities receives the result; sums to 1.
 * @throws {RoutingError} `not_finite`, so that a propensity that is no number can never be logged.
 */
export function choiceProbabilities(
  inputs: ChoiceInputs,
  count: number,
  options: ExplorationOptions,
  probabilities: Float64Array,
): void {
  const { utility, comparableCostUsd, deviation } = inputs
  const best = bestCandidate(utility, comparableCostUsd, count)
  const top = utility[best]!
  if (count === 1) {
    if (!Number.isFinite(top)) throw new RoutingError('not_finite', 'Utilities must be finite')
    probabilities[0] = 1
    return
  }
  const baseUsd = Math.max(comparableCostUsd[best]!, leastBaseShare * meanOf(comparableCostUsd, count))
  const spendCap = (options.floorSpendShare * baseUsd) / count
  const lossCap = options.floorPrice / count
  const even = options.floor / count
  let fixed = 0
  let floorLoss = 0
  let finite = 0
  for (let i = 0; i < count; i++) {
    const behind = top - utility[i]!
    const part = floorOf(even, comparableCostUsd[i]!, spendCap, behind, lossCap)
    probabilities[i] = part
    fixed += part
    floorLoss += part * Math.min(largestLoss, behind)
    finite += behind + comparableCostUsd[i]! + deviation[i]!
  }
  if (!Number.isFinite(finite)) {
    throw new RoutingError('not_finite', 'Utilities and costs must be finite')
  }
  fixed += addTrials(inputs, count, best, options, baseUsd, probabilities)
  const hottest = Math.max(0, options.price - floorLoss) / ((1 - fixed) * Math.log(count))
  shareOut(utility, deviation, count, best, fixed < 1 ? hottest : 0, 1 - fixed, probabilities)
}

/** Adds `rest`·w/Σw. @param hottest no temperature above it. */
function shareOut(
  utility: Float64Array,
  deviation: Float64Array,
  count: number,
  best: number,
  hottest: number,
  rest: number,
  probabilities: Float64Array,
): void {
  const top = utility[best]!
  const own = deviation[best]! * deviation[best]!
  let total = 0
  for (let i = 0; i < count; i++) total += i === best ? 1 : weightOf(top - utility[i]!, deviation[i]!, own, hottest)
  for (let i = 0; i < count; i++) {
    const weight = i === best ? 1 : weightOf(top - utility[i]!, deviation[i]!, own, hottest)
    probabilities[i]! += (rest * weight) / total
  }
}

function weightOf(behind: number, deviation: number, bestVariance: number, hottest: number): number {
  const temperature = Math.min(hottest, Math.sqrt(deviation * deviation + bestVariance) / normalOdds)
  return temperature > 0 ? Math.exp(-behind / temperature) : 0
}

/** Adds t. @returns Σt. */
function addTrials(
  inputs: ChoiceInputs,
  count: number,
  best: number,
  { trialShare, trialPrice, trialSpendShare }: ExplorationOptions,
  baseUsd: number,
  probabilities: Float64Array,
): number {
  const { utility, comparableCostUsd, isTried } = inputs
  const spendCap = trialSpendShare * baseUsd
  let share = 0
  let loss = 0
  let spend = 0
  for (let i = 0; i < count; i++) {
    if (isTried[i] !== 1) continue
    const part = trialOf(inputs, i, best, spendCap)
    share += part
    loss += part * Math.min(largestLoss, utility[best]! - utility[i]!)
    spend += part * comparableCostUsd[i]!
  }
  if (share === 0) return 0
  let scale = Math.min(1, trialShare / share)
  if (scale * loss > trialPrice) scale = trialPrice / loss
  if (scale * spend > spendCap) scale = spendCap / spend
  for (let i = 0; i < count; i++) {
    if (isTried[i] === 1) probabilities[i]! += scale * trialOf(inputs, i, best, spendCap)
  }
  return scale * share
}

/** t of one newcomer, alone: the probability that it beats the best, as far as the bill allows; it needs none where it is the best. */
function trialOf(
  { utility, comparableCostUsd, deviation, reach }: ChoiceInputs,
  i: number,
  best: number,
  spendCap: number,
): number {
  if (i === best) return 0
  const behind = utility[best]! - utility[i]!
  const spread = Math.hypot(deviation[i]!, deviation[best]!)
  // Not even a perfect answer would be worth its price, or nothing is uncertain.
  if (behind > reach[i]! || spread === 0) return 0
  const odds = Math.exp((-normalOdds * behind) / spread)
  const chance = odds / (1 + odds)
  return chance * comparableCostUsd[i]! > spendCap ? spendCap / comparableCostUsd[i]! : chance
}

function meanOf(values: Float64Array, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += values[i]!
  return sum / count
}

/** @param even floor/K. @param spendCap, @param lossCap what this candidate's floor may cost, USD and utility. */
function floorOf(even: number, costUsd: number, spendCap: number, behind: number, lossCap: number): number {
  let part = even
  if (costUsd * part > spendCap) part = spendCap / costUsd
  if (behind * part > lossCap) part = lossCap / behind
  return Math.max(leastFloorShare * even, part)
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
