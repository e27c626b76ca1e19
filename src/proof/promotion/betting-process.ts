import type { SnapshotData } from '../../routing/policy-store.ts'
import { numberField, requireSnapshot, vectorField } from '../../routing/prediction/snapshot-fields.ts'

/** Gains, utility per unit, that are bet on: half the wealth's growth is lost at a gain twice or half as large, so they double. */
const gains = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16]

/** What the mixture begins with on each: a release is a matter of hundredths. */
const stakes = [0.1, 0.2, 0.25, 0.25, 0.15, 0.05]

/** Of the bet that could lose everything at once. */
const largestBet = 0.9

/** Levels of the mean that a bound is read from, utility per unit; 0 is the null hypothesis itself. */
const levels = [
  -0.5, -0.3, -0.2, -0.15, -0.1, -0.08, -0.06, -0.05, -0.04, -0.03, -0.02, -0.015, -0.01, -0.0075, -0.005, -0.0025, 0,
  0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5,
]

const zero = levels.indexOf(0)

/** Spread of D², per unit of {@link spreadOf}, before anything was seen, and the units that guess counts for. */
const firstVariance = 0.1
const firstUnits = 20

/**
 * Bets on the mean of a sequence whose entries are bounded and come one by one (Waudby-Smith & Ramdas 2024, "Estimating means of bounded
 * random variables by betting", section 4): while E[D_t | before] ≤ m the wealth
 *
 *     K_t(m) = Σ_j w_j·Π_{i≤t} (1 + b_ij·(D_i − m))        b_ij = min(.9/(B_i + |m|), g_j/σ̂²_i)
 *
 * is a non-negative supermartingale from 1, as the bets b_ij look at D_1 … D_{i−1} and at bounds B_i ≥ |D_i| that were known before, and 1 + b(D − m) > 0. By
 * Ville's inequality it ever reaches 1/α with probability ≤ α at most, however often one looks and whenever one stops. The mixture over g_j is theirs
 * of section 4 ("hedged", over a grid as in Cover's universal portfolio): g/σ² is the bet of nearly fastest growth for a mean of g.
 * Mirrored, on m − D, it bounds from above.
 */
export class BettingProcess {
  /** Wealth, shape [levels, gains]: of betting that the mean is above the level, and that it is below. */
  #above = Float64Array.from({ length: levels.length * gains.length }, (_, i) => stakes[i % gains.length]!)
  #below = this.#above.slice()
  /** The largest K of each level so far: what was refuted once stays so. */
  #peakAbove = new Float64Array(levels.length).fill(1)
  #peakBelow = new Float64Array(levels.length).fill(1)
  #count = 0
  #scaledSquares = 0

  /** Entries seen. */
  get count(): number {
    return this.#count
  }

  /** K(0) now: evidence that the mean is above 0. */
  get wealthAbove(): number {
    return wealthOf(this.#above, zero)
  }

  /** The same for a mean below 0. */
  get wealthBelow(): number {
    return wealthOf(this.#below, zero)
  }

  /** Whether K(0) ever reached 1/`alpha` for a mean above 0. */
  isAbove(alpha: number): boolean {
    return this.#peakAbove[zero]! >= 1 / alpha
  }

  isBelow(alpha: number): boolean {
    return this.#peakBelow[zero]! >= 1 / alpha
  }

  /** The mean is above it with confidence 1 − `alpha` at all times together; undefined: below the lowest level. */
  lowerBound(alpha: number): number | undefined {
    const refuted = this.#peakAbove.findIndex((peak) => peak < 1 / alpha)
    return levels[refuted === -1 ? levels.length - 1 : refuted - 1]
  }

  /** The same from above. */
  upperBound(alpha: number): number | undefined {
    const refuted = this.#peakBelow.findLastIndex((peak) => peak < 1 / alpha)
    return levels[refuted + 1]
  }

  /**
   * @param difference D.
   * @param bound B ≥ |D|, known before D.
   * @param spread how far entries of this kind spread beside others, known before D: σ² is learned in its units. See {@link spreadOf}.
   */
  observe(difference: number, bound: number, spread: number): void {
    const variance = (spread * (firstVariance * firstUnits + this.#scaledSquares)) / (firstUnits + this.#count)
    for (let level = 0; level < levels.length; level++) {
      const excess = difference - levels[level]!
      const most = largestBet / (bound + Math.abs(levels[level]!))
      for (let j = 0; j < gains.length; j++) {
        const won = Math.min(most, gains[j]! / variance) * excess
        const i = level * gains.length + j
        this.#above[i] = kept(this.#above[i]! * (1 + won))
        this.#below[i] = kept(this.#below[i]! * (1 - won))
      }
      this.#peakAbove[level] = Math.max(this.#peakAbove[level]!, wealthOf(this.#above, level))
      this.#peakBelow[level] = Math.max(this.#peakBelow[level]!, wealthOf(this.#below, level))
    }
    this.#count++
    this.#scaledSquares += (difference * difference) / spread
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'betting-process',
      above: this.#above.slice(),
      below: this.#below.slice(),
      peakAbove: this.#peakAbove.slice(),
      peakBelow: this.#peakBelow.slice(),
      count: this.#count,
      scaledSquares: this.#scaledSquares,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData): BettingProcess {
    const fields = requireSnapshot(data, 'betting-process')
    const process = new BettingProcess()
    process.#above = vectorField(fields, 'above').slice()
    process.#below = vectorField(fields, 'below').slice()
    process.#peakAbove = vectorField(fields, 'peakAbove').slice()
    process.#peakBelow = vectorField(fields, 'peakBelow').slice()
    process.#count = numberField(fields, 'count')
    process.#scaledSquares = numberField(fields, 'scaledSquares')
    return process
  }
}

/** E[(1{c}/ε − 1{s}/(1−ε))²]: how far units of a canary of share ε spread. */
export function spreadOf(share: number): number {
  return 1 / share + 1 / (1 - share)
}

/** Wealth is lost for good below it, which refutes nothing too early: numbers near the smallest there are would be slow. */
const leastWealth = 1e-250

function kept(wealth: number): number {
  return wealth < leastWealth ? 0 : wealth
}

/** Σ_j of a level; infinite is refuted beyond all doubt. */
function wealthOf(wealth: Float64Array, level: number): number {
  let sum = 0
  for (let j = 0; j < gains.length; j++) sum += wealth[level * gains.length + j]!
  return sum
}
