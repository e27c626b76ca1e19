import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { numberField, requireSnapshot, vectorField } from '../prediction/snapshot-fields.ts'

export interface BudgetPacerOptions {
  /** B: what may be spent in the period, USD, > 0. */
  readonly budgetUsd: number
  /** Requests expected in the period, ≥ 1. With more of them the next period begins, with its own budget and what is owed or left. */
  readonly expectedRequests: number
  /** What decisions under a dual are expected to cost, by {@link spendCurve} on offline data. */
  readonly curve: SpendCurve
  /** η > 0: how fast spending that departs from the curve moves the pace aimed at; default .01. */
  readonly stepSize?: number
}

/**
 * What a request costs on average under each dual ν. Arrays of one length, at least 2: duals rising from 0, costs (USD, > 0) not
 * rising.
 */
export interface SpendCurve {
  readonly duals: Float64Array
  readonly meanCostUsd: Float64Array
}

/** Time constant 100 requests: single bills vary by more than their mean, and the pace must not follow each. */
const defaultStepSize = 0.01

/**
 * Share of the even pace B/N that B_t never falls under. With the budget gone, (B − spent) is no longer a pace; what then
 * stops spending is the wall of the spending cap, not the pacer.
 */
const leastPace = 0.1

/** Share of N over which what was spent too much or too little is made up for: N may be a bad guess, and its end never come. */
const paybackShare = 0.25

/** Of N, that it is made up for over at least: towards the end single bills must not throw the pace about. */
const leastPaybackShare = 0.01

/** Of what is left, that one request may take. */
const largestPart = 0.5

/** e^{±3}: beyond a factor of 20 between bills and their forecast nothing is to be learned from one more. */
const largestCorrection = 3

/** A single bill counts as at most this many times the pace. */
const largestBill = 20

/**
 * Spreads a budget over a period: ν, the price of a dollar in the utility, is what the offline curve says will spend what is
 * left, evenly (mathematics §18):
 *
 *     B_t = B/N + (t·B/N − spent)/min(N − t, N/4)      a ← a + η·(c/B_t − 1)      ν = ν(B_t·e^{−a})      ν(·): mean cost under ν is that
 *
 * Solving anew for what is left ("re-solving", Jasin, Kumar 2012) pays back overspending within a quarter of the period, and before it ends; a learns by what factor the stream spends more than the curve says: another mix of requests, another pool, other
 * prices. ν itself does not follow single bills, as it does in dual ascent (ParetoBandit's pacer, arXiv:2604.00136), which a
 * tight budget pays for in quality.
 */
export class BudgetPacer {
  #options: Required<BudgetPacerOptions>
  #curve: SpendCurve
  #correction = 0
  #spentUsd = 0
  #requests = 0

  /** @throws {RoutingError} `invalid_option` */
  constructor(options: BudgetPacerOptions) {
    const { stepSize = defaultStepSize } = options
    this.#options = { ...options, stepSize }
    checkOptions(this.#options)
    this.#curve = options.curve
  }

  /**
   * Prices, the pool or what is believed of it changed for all to see, and the curve was worked out anew. What was learned of how the
   * stream departs from the curve stays.
   *
   * @throws {RoutingError} `invalid_option`
   */
  follow(curve: SpendCurve): void {
    checkOptions({ ...this.options, curve })
    this.#curve = curve
  }

  get options(): Required<BudgetPacerOptions> {
    return this.#options
  }

  /**
   * A new period begins, with what is left of the money and of the requests; what was learned of how the stream departs from the curve stays.
   *
   * @throws {RoutingError} `invalid_option`
   */
  retarget(target: Pick<BudgetPacerOptions, 'budgetUsd' | 'expectedRequests'>): void {
    const options = { ...this.#options, ...target }
    checkOptions(options)
    this.#options = options
    this.#spentUsd = 0
    this.#requests = 0
  }

  /** ν ≥ 0: what the utility loses per {@link UtilityOptions.costReferenceUsd} of expected cost. O(log of the curve's length). */
  get dual(): number {
    return dualOf(this.#curve, this.paceUsd * Math.exp(-this.#correction))
  }

  /** What the budget of this period still allows, with what earlier ones left or owe, USD; may be under 0. */
  get leftUsd(): number {
    const periods = 1 + Math.floor(this.#requests / this.options.expectedRequests)
    return periods * this.options.budgetUsd - this.#spentUsd
  }

  /** What one request may be expected to cost at most, USD: half of what is left, as bills run beyond what is expected of them. */
  get ceilingUsd(): number {
    return Math.max(this.paceUsd, largestPart * this.leftUsd)
  }

  get spentUsd(): number {
    return this.#spentUsd
  }

  /** B_t, USD per request. */
  get paceUsd(): number {
    const { expectedRequests } = this.options
    const even = this.#evenPaceUsd
    const remaining = expectedRequests - (this.#requests % expectedRequests)
    const least = Math.max(1, leastPaybackShare * expectedRequests)
    const payback = Math.max(least, Math.min(remaining, paybackShare * expectedRequests))
    return Math.max(leastPace * even, even + (this.#requests * even - this.#spentUsd) / payback)
  }

  /**
   * One request was billed. Bills may come late, in any order.
   *
   * @throws {RoutingError} `not_finite` for a cost that is no amount; nothing is changed then.
   */
  charge(costUsd: number): void {
    if (!(costUsd >= 0 && Number.isFinite(costUsd))) {
      throw new RoutingError('not_finite', `A cost must be a number ≥ 0, got ${costUsd}`)
    }
    const excess = Math.min(largestBill, costUsd / this.paceUsd) - 1
    this.#spentUsd += costUsd
    this.#requests++
    const moved = this.#correction + this.options.stepSize * excess
    this.#correction = Math.max(-largestCorrection, Math.min(largestCorrection, moved))
  }

  snapshot(): SnapshotData {
    const { budgetUsd, expectedRequests, stepSize } = this.options
    return {
      formatVersion: 1,
      kind: 'resolving-budget-pacer',
      budgetUsd,
      expectedRequests,
      stepSize,
      duals: this.#curve.duals.slice(),
      meanCostUsd: this.#curve.meanCostUsd.slice(),
      correction: this.#correction,
      spentUsd: this.#spentUsd,
      requests: this.#requests,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` when it is not what {@link snapshot} wrote. */
  static restore(data: SnapshotData): BudgetPacer {
    const fields = requireSnapshot(data, 'resolving-budget-pacer')
    const pacer = new BudgetPacer({
      budgetUsd: numberField(fields, 'budgetUsd'),
      expectedRequests: numberField(fields, 'expectedRequests'),
      stepSize: numberField(fields, 'stepSize'),
      curve: { duals: vectorField(fields, 'duals'), meanCostUsd: vectorField(fields, 'meanCostUsd') },
    })
    pacer.#correction = numberField(fields, 'correction')
    pacer.#spentUsd = numberField(fields, 'spentUsd')
    pacer.#requests = numberField(fields, 'requests')
    return pacer
  }

  get #evenPaceUsd(): number {
    return this.options.budgetUsd / this.options.expectedRequests
  }
}

function checkOptions({ budgetUsd, expectedRequests, curve, stepSize }: Required<BudgetPacerOptions>): void {
  const { duals, meanCostUsd } = curve
  const checks: readonly (readonly [name: string, value: number, valid: boolean])[] = [
    ['budgetUsd', budgetUsd, budgetUsd > 0],
    ['expectedRequests', expectedRequests, expectedRequests >= 1],
    ['stepSize', stepSize, stepSize > 0],
    ['the length of the curve', duals.length, duals.length >= 2 && duals.length === meanCostUsd.length],
    ['the first dual of the curve', duals[0] ?? Number.NaN, duals[0] === 0],
    ['the least cost of the curve', meanCostUsd.at(-1) ?? Number.NaN, meanCostUsd.at(-1)! >= 0],
  ]
  for (const [name, value, valid] of checks) {
    if (valid && Number.isFinite(value)) continue
    throw new RoutingError('invalid_option', `${name} of a budget pacer is out of range: ${value}`)
  }
  for (let i = 1; i < duals.length; i++) {
    if (duals[i]! > duals[i - 1]! && meanCostUsd[i]! <= meanCostUsd[i - 1]!) continue
    throw new RoutingError('invalid_option', 'A spend curve needs rising duals and costs that do not rise')
  }
}

/** ν = 0 and a grid from 10⁻⁴ to 10³ in steps of √2, quality units per C_ref. */
const leastGridDual = 1e-4
const gridRatio = Math.SQRT2
const gridSteps = 47

/**
 * The curve of {@link BudgetPacerOptions}.
 *
 * @param meanCostUsd of decisions under a dual; called 49 times. Where it rises with the dual, by chance, it is held level.
 */
export function spendCurve(meanCostUsd: (dual: number) => number): SpendCurve {
  const duals = Float64Array.from({ length: gridSteps + 2 }, (_, i) =>
    i === 0 ? 0 : leastGridDual * gridRatio ** (i - 1),
  )
  const costs = duals.map(meanCostUsd)
  for (let i = 1; i < costs.length; i++) costs[i] = Math.min(costs[i]!, costs[i - 1]!)
  return { duals, meanCostUsd: costs }
}

/** The dual whose mean cost is that, linear in cost between two of the grid; the largest where none is so cheap. */
function dualOf({ duals, meanCostUsd }: SpendCurve, costUsd: number): number {
  if (costUsd >= meanCostUsd[0]!) return 0
  // The first whose cost keeps to it.
  let low = 0
  let high = duals.length - 1
  if (meanCostUsd[high]! > costUsd) return duals[high]!
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (meanCostUsd[middle]! > costUsd) low = middle
    else high = middle
  }
  const share = (meanCostUsd[low]! - costUsd) / (meanCostUsd[low]! - meanCostUsd[high]!)
  return duals[low]! + share * (duals[high]! - duals[low]!)
}

const largestDual = 1e6
const dualBisections = 40

/**
 * ν₀: the smallest dual under which the mean cost keeps to the budget, to 12 digits.
 *
 * @param meanCostUsd of decisions under a dual; non-increasing. Called about 60 times.
 * @param budgetUsd per request.
 * @returns 10⁶ when no dual keeps to the budget: not even the cheapest LLM does.
 */
export function solveBudgetDual(meanCostUsd: (dual: number) => number, budgetUsd: number): number {
  if (meanCostUsd(0) <= budgetUsd) return 0
  let high = 1e-3
  while (meanCostUsd(high) > budgetUsd) {
    high *= 4
    if (high > largestDual) return largestDual
  }
  let low = high > 1e-3 ? high / 4 : 0
  for (let i = 0; i < dualBisections; i++) {
    const middle = (low + high) / 2
    if (meanCostUsd(middle) > budgetUsd) low = middle
    else high = middle
  }
  return high
}
