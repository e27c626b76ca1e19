import type { SnapshotData } from '../../routing/policy-store.ts'
import { numberField, objectField, requireSnapshot } from '../../routing/prediction/snapshot-fields.ts'
import { BettingProcess, spreadOf } from './betting-process.ts'
import { OutcomeModel } from './outcome-model.ts'
import type { TrialUnit } from './trial-unit.ts'
import { differenceBound, unitDifference } from './unit-difference.ts'
import type { UtilityScale } from './utility-scale.ts'

export interface PromotionOptions {
  /** α over all candidates ever tried, (0, 1). */
  readonly alpha: number
  /** Share of units that a canary serves at first, (0, 1). */
  readonly canaryShare: number
  /** The share it rises to once it is shown not to be much worse; the same as `canaryShare`: it never rises. */
  readonly provenShare: number
  /** Units with outcomes after which a candidate that was not shown to be better is held. */
  readonly maxUnits: number
}

export const defaultPromotion: PromotionOptions = { alpha: 0.02, canaryShare: 0.1, provenShare: 0.5, maxUnits: 20_000 }

export type PromotionVerdict = 'undecided' | 'better' | 'worse' | 'not_shown'

/** "Much worse", utility per outcome: what a canary may still lose for all that is known when its share rises. */
const largestLossAtRise = 0.05
/** The confidence that it loses less, less than of a verdict: being wrong costs a longer trial of a poor version, not its release. */
const riseAlpha = 0.2
/** Confidence, one-sided, that a candidate held as worse is. */
const harmAlpha = 0.05

/** Outcomes of one conversation that count at most, and how many beside the mean of those before. */
const mostTurns = 5
const roomForLonger = 1.3

/** α_k = 6α/(π²k²): all candidates ever tried share α, as Σ 1/k² = π²/6. @param trial k ≥ 1. */
export function trialAlpha(alpha: number, trial: number): number {
  return (6 * alpha) / (Math.PI * Math.PI * trial * trial)
}

/**
 * Whether a candidate is better than the serving version, by units of a canary as they come, at any time (mathematics §25). Candidates no better
 * are ever found better with probability `alpha` at most, all candidates together.
 */
export class PromotionTest {
  readonly options: PromotionOptions
  readonly #scale: UtilityScale
  readonly #alpha: number
  #model: OutcomeModel
  #process = new BettingProcess()
  #outcomes = 0
  #sum = 0
  /** Units seen with outcomes, and outcomes in them: how long conversations are. */
  #units = 0
  #labelled = 0
  #hasRisen = false

  /** @param trial k: the candidate's place among all tried. */
  constructor(scale: UtilityScale, trial: number, options: PromotionOptions = defaultPromotion) {
    this.options = options
    this.#scale = scale
    this.#alpha = trialAlpha(options.alpha, trial)
    this.#model = new OutcomeModel(scale)
  }

  /** Units that counted. */
  get units(): number {
    return this.#process.count
  }

  /** K: 1/α_k of it promotes. */
  get eValue(): number {
    return this.#process.wealthAbove
  }

  /** 1/α_k */
  get eValueNeeded(): number {
    return 1 / this.#alpha
  }

  /** Mean gain in utility per outcome so far; undefined before the first. */
  get gain(): number | undefined {
    return this.#outcomes === 0 ? undefined : this.#sum / this.#outcomes
  }

  /** Anytime-valid bounds on the mean gain per unit, each at 1 − α_k; undefined: beyond ±.5. */
  get bounds(): { readonly lower: number | undefined; readonly upper: number | undefined } {
    return { lower: this.#process.lowerBound(this.#alpha), upper: this.#process.upperBound(this.#alpha) }
  }

  get verdict(): PromotionVerdict {
    if (this.#process.isAbove(this.#alpha)) return 'better'
    if (this.#process.isBelow(harmAlpha)) return 'worse'
    return this.units >= this.options.maxUnits ? 'not_shown' : 'undecided'
  }

  /** The share of units that the candidate is to serve next: looks at what was counted only, and never falls back. */
  get share(): number {
    return this.#hasRisen ? this.options.provenShare : this.options.canaryShare
  }

  /** Counts the next unit. Units without an outcome teach nothing. */
  count(unit: TrialUnit): void {
    const most = this.#mostOutcomes
    const { difference, outcomes } = unitDifference(unit, this.#model, this.#scale, most)
    if (outcomes === 0) return
    this.#process.observe(difference, differenceBound(unit.share, most, this.#scale), spreadOf(unit.share))
    for (const turn of unit.turns) this.#model.learn(turn)
    this.#sum += difference
    this.#outcomes += outcomes
    this.#units++
    this.#labelled += unit.turns.filter(({ outcome }) => outcome !== undefined).length
    const floor = this.#process.lowerBound(riseAlpha) ?? Number.NEGATIVE_INFINITY
    if (floor >= -largestLossAtRise * this.#meanOutcomes) this.#hasRisen = true
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'promotion-test',
      model: this.#model.snapshot(),
      process: this.#process.snapshot(),
      outcomes: this.#outcomes,
      sum: this.#sum,
      units: this.#units,
      labelled: this.#labelled,
      hasRisen: this.#hasRisen,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData, scale: UtilityScale, trial: number, options: PromotionOptions): PromotionTest {
    const fields = requireSnapshot(data, 'promotion-test')
    const test = new PromotionTest(scale, trial, options)
    test.#model = OutcomeModel.restore(objectField(fields, 'model') as SnapshotData, scale)
    test.#process = BettingProcess.restore(objectField(fields, 'process') as SnapshotData)
    test.#outcomes = numberField(fields, 'outcomes')
    test.#sum = numberField(fields, 'sum')
    test.#units = numberField(fields, 'units')
    test.#labelled = numberField(fields, 'labelled')
    test.#hasRisen = fields['hasRisen'] === true
    return test
  }

  /** Room for conversations a third longer than those counted: with more, rare long ones would make bets small for all. */
  get #mostOutcomes(): number {
    return Math.min(mostTurns, Math.round(roomForLonger * this.#meanOutcomes))
  }

  /** Of units with any, ≥ 1. */
  get #meanOutcomes(): number {
    return this.#units === 0 ? 1 : this.#labelled / this.#units
  }
}
