import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { numberField, requireSnapshot } from '../prediction/snapshot-fields.ts'

export interface BudgetPacerOptions {
  /** B: what may be spent in the period, USD, > 0. */
  readonly budgetUsd: number
  /** Requests expected in the period, ≥ 1. */
  readonly expectedRequests: number
  /** ν₀ ≥ 0, as {@link solveBudgetDual} finds it on offline data. */
  readonly initialDual: number
  /** η > 0, what one request at twice the pace adds to ν; default {@link budgetStepSize} of ν₀. */
  readonly stepSize?: number
  /** Weight of the newest cost in c̄, (0, 1]; default .05. */
  readonly smoothing?: number
}

/** Half-life 14 requests, as in ParetoBandit: one dear answer is not a trend. */
const defaultSmoothing = 0.05

/**
 * Share of the even pace B/N that B_t never falls under. With the budget gone, (B − spent) is no longer a pace, and c̄/B_t
 * must stay finite; what then stops spending is the wall of the spending cap, not the pacer.
 */
const leastPace = 0.1

/** Of ν₀: enough to move the dual by its own size within some twenty requests at twice the pace. */
const stepShare = 0.05

/** ν that is never too small to step from, where offline data saw no need of a dual. */
const leastDualScale = 0.02

/** η for a dual that starts at ν₀: duals differ by orders of magnitude between budgets, and so must their steps. */
export function budgetStepSize(initialDual: number): number {
  return stepShare * Math.max(initialDual, leastDualScale)
}

/**
 * Spreads a budget over a period: ν, the price of a dollar in the utility, rises while spending is ahead of the pace and
 * falls while it is behind (mathematics §18):
 *
 *     B_t = (B − spent)/expected remaining requests      c̄ ← (1 − w)·c̄ + w·c      ν ← max(0, ν + η·(c̄/B_t − 1))
 *
 * Dual ascent as in ParetoBandit's pacer (arXiv:2604.00136), with four deviations: the pace B_t follows what is left, so that
 * early overspending is paid back within the period; ν₀ is solved on offline data instead of starting at 0; ν has no upper
 * bound, which a tight budget needs; and it multiplies the linear cost, not its logarithm, so that ν is a price.
 */
export class BudgetPacer {
  readonly options: Required<BudgetPacerOptions>
  #dual: number
  #meanCostUsd: number
  #spentUsd = 0
  #requests = 0

  /** @throws {RoutingError} `invalid_option` */
  constructor(options: BudgetPacerOptions) {
    const { initialDual, smoothing = defaultSmoothing, stepSize = budgetStepSize(initialDual) } = options
    this.options = { ...options, smoothing, stepSize }
    checkOptions(this.options)
    this.#dual = initialDual
    this.#meanCostUsd = this.#evenPaceUsd
  }

  /** ν ≥ 0: what the utility loses per {@link UtilityOptions.costReferenceUsd} of expected cost. */
  get dual(): number {
    return this.#dual
  }

  get spentUsd(): number {
    return this.#spentUsd
  }

  /** B_t, USD per request. */
  get paceUsd(): number {
    const { budgetUsd, expectedRequests } = this.options
    const remaining = Math.max(1, expectedRequests - this.#requests)
    return Math.max(leastPace * this.#evenPaceUsd, (budgetUsd - this.#spentUsd) / remaining)
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
    const { smoothing, stepSize } = this.options
    this.#spentUsd += costUsd
    this.#requests++
    this.#meanCostUsd += smoothing * (costUsd - this.#meanCostUsd)
    this.#dual = Math.max(0, this.#dual + stepSize * (this.#meanCostUsd / this.paceUsd - 1))
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'budget-pacer',
      ...this.options,
      dual: this.#dual,
      meanCostUsd: this.#meanCostUsd,
      spentUsd: this.#spentUsd,
      requests: this.#requests,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` when it is not what {@link snapshot} wrote. */
  static restore(data: SnapshotData): BudgetPacer {
    const fields = requireSnapshot(data, 'budget-pacer')
    const pacer = new BudgetPacer({
      budgetUsd: numberField(fields, 'budgetUsd'),
      expectedRequests: numberField(fields, 'expectedRequests'),
      initialDual: numberField(fields, 'initialDual'),
      stepSize: numberField(fields, 'stepSize'),
      smoothing: numberField(fields, 'smoothing'),
    })
    pacer.#dual = numberField(fields, 'dual')
    pacer.#meanCostUsd = numberField(fields, 'meanCostUsd')
    pacer.#spentUsd = numberField(fields, 'spentUsd')
    pacer.#requests = numberField(fields, 'requests')
    return pacer
  }

  get #evenPaceUsd(): number {
    return this.options.budgetUsd / this.options.expectedRequests
  }
}

function checkOptions({
  budgetUsd,
  expectedRequests,
  initialDual,
  stepSize,
  smoothing,
}: Required<BudgetPacerOptions>): void {
  const checks: readonly (readonly [name: string, value: number, valid: boolean])[] = [
    ['budgetUsd', budgetUsd, budgetUsd > 0],
    ['expectedRequests', expectedRequests, expectedRequests >= 1],
    ['initialDual', initialDual, initialDual >= 0],
    ['stepSize', stepSize, stepSize > 0],
    ['smoothing', smoothing, smoothing > 0 && smoothing <= 1],
  ]
  for (const [name, value, valid] of checks) {
    if (valid && Number.isFinite(value)) continue
    throw new RoutingError('invalid_option', `${name} of a budget pacer is out of range: ${value}`)
  }
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
