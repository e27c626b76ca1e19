import { RoutingError } from '../errors.ts'
import type { SnapshotData } from '../policy-store.ts'
import { arrayField, numberField, objectField, requireSnapshot, stringField } from '../prediction/snapshot-fields.ts'

export interface ChangeDetectorOptions {
  /** k > 0: how far from 0, in standard deviations, the mean of what is watched may stray unnoticed. */
  readonly allowance: number
  /** h > 0: the evidence that raises an alarm, in standard deviations summed. */
  readonly threshold: number
}

/**
 * On residuals of the shared sets' training rows, drawn at random: no false alarm in 200,000 labels or one (one in 13,000 to 50,000
 * with a threshold of 16 and steps up to 3, see docs/decisions/0018), and a loss of .2 noticed after 15 labels where the noise of a label is
 * .1, after about 200 where it is .4.
 */
export const defaultChangeDetection: ChangeDetectorOptions = { allowance: 0.25, threshold: 20 }

/** One wild observation moves the evidence by no more than this, in standard deviations: qualities have heavy tails. */
export const largestStep = 2

export type ChangeDirection = 'up' | 'down'

/** What was seen since the change began, as far as one can tell. */
export interface DetectedChange {
  readonly direction: ChangeDirection
  /** Σ w. */
  readonly weight: number
  /** Σ w·value / Σ w. */
  readonly mean: number
}

/** Evidence for a shift to one side, and what came since there was none. */
interface Side {
  evidence: number
  weight: number
  moment: number
  /** What single decisions added to the evidence, of the latest; see {@link ChangeDetector}. */
  readonly shares: Map<string, number>
}

/** Far more decisions than an alarm needs where nobody repeats himself. */
const rememberedDecisions = 64

/**
 * Page's two-sided test (Page 1954; its form with a known mean is the Page–Hinkley test; mathematics §21) on standardised
 * observations, whose mean is 0 while nothing changes: g⁺ ← max(0, g⁺ + x − k), g⁻ ← max(0, g⁻ − x − k), an alarm when one passes h.
 * A change began, by its best estimate, when that sum last left 0. After an alarm it starts anew.
 *
 * Several words on one decision (of several sources, or revised) add at most what one observation may, {@link largestStep} − k, and the
 * first of them alone counts for the mean: however loud, one answer is one answer, and with the thresholds served an alarm takes twelve of them.
 *
 * For anything that can be standardised: a residual of quality, the logarithm of a cost per token, a latency.
 */
export class ChangeDetector {
  readonly options: ChangeDetectorOptions
  readonly #up: Side = { evidence: 0, weight: 0, moment: 0, shares: new Map() }
  readonly #down: Side = { evidence: 0, weight: 0, moment: 0, shares: new Map() }

  /** @throws {RoutingError} `invalid_option` */
  constructor(options: ChangeDetectorOptions = defaultChangeDetection) {
    checkChangeDetection(options)
    this.options = options
  }

  /**
   * @param standardised x, finite, with mean 0 and variance 1 while nothing changes.
   * @param value what it was made of, in its own unit, and its weight ≥ 0: their mean since the change comes with an alarm.
   * @param decision what it is a word on; left out: on nothing that anything else is said of.
   */
  observe(standardised: number, value: number, weight: number, decision?: string): DetectedChange | undefined {
    const step = Math.max(-largestStep, Math.min(largestStep, standardised))
    this.#gather(this.#up, step, value, weight, decision)
    this.#gather(this.#down, -step, value, weight, decision)
    const { threshold } = this.options
    const side = this.#up.evidence > threshold ? this.#up : this.#down
    if (side.evidence <= threshold) return undefined
    const direction = side === this.#up ? 'up' : 'down'
    const change: DetectedChange = { direction, weight: side.weight, mean: side.moment / side.weight }
    clear(this.#up)
    clear(this.#down)
    return change
  }

  snapshot(): SnapshotData {
    return {
      formatVersion: 1,
      kind: 'change-detector',
      upEvidence: this.#up.evidence,
      upWeight: this.#up.weight,
      upMoment: this.#up.moment,
      upShares: sharesOf(this.#up),
      downEvidence: this.#down.evidence,
      downWeight: this.#down.weight,
      downMoment: this.#down.moment,
      downShares: sharesOf(this.#down),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` when it is not what {@link snapshot} wrote. */
  static restore(data: SnapshotData, options: ChangeDetectorOptions): ChangeDetector {
    const fields = requireSnapshot(data, 'change-detector')
    const detector = new ChangeDetector(options)
    for (const [name, side] of [
      ['up', detector.#up],
      ['down', detector.#down],
    ] as const) {
      side.evidence = numberField(fields, `${name}Evidence`)
      side.weight = numberField(fields, `${name}Weight`)
      side.moment = numberField(fields, `${name}Moment`)
      // Absent from what was written before decisions were told apart.
      if (fields[`${name}Shares`] === undefined) continue
      for (const saved of arrayField(fields, `${name}Shares`)) {
        const share = objectField({ saved }, 'saved')
        side.shares.set(stringField(share, 'decision'), numberField(share, 'evidence'))
      }
    }
    return detector
  }

  #gather(side: Side, step: number, value: number, weight: number, decision: string | undefined): void {
    let added = step - this.options.allowance
    let isFirst = true
    if (decision !== undefined) {
      const before = side.shares.get(decision) ?? 0
      isFirst = !side.shares.has(decision)
      added = Math.min(added, largestStep - this.options.allowance - before)
      // Anew at the end: the latest are kept.
      side.shares.delete(decision)
      side.shares.set(decision, before + added)
      if (side.shares.size > rememberedDecisions) side.shares.delete(side.shares.keys().next().value!)
    }
    side.evidence += added
    if (isFirst) {
      side.weight += weight
      side.moment += weight * value
    }
    if (side.evidence <= 0) clear(side)
  }
}

/** @throws {RoutingError} `invalid_option` */
export function checkChangeDetection({ allowance, threshold }: ChangeDetectorOptions): void {
  for (const [name, value] of Object.entries({ allowance, threshold })) {
    if (!(value > 0)) throw new RoutingError('invalid_option', `${name} of a change detector must be > 0, got ${value}`)
  }
}

function sharesOf({ shares }: Side): { readonly decision: string; readonly evidence: number }[] {
  return [...shares].map(([decision, evidence]) => ({ decision, evidence }))
}

function clear(side: Side): void {
  side.evidence = side.weight = side.moment = 0
  side.shares.clear()
}
