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
  /** Of each voice heard lately the same evidence without its own words. */
  readonly without: Map<string, number>
}

/** What an observation is a word on, and whose. */
export interface Word {
  /** Left out: on nothing that anything else is said of. */
  readonly decision?: string | undefined
  /** Left out: of nobody in particular. */
  readonly voice?: string | undefined
}

/** Where several speak, an alarm takes this much of its evidence without any single one of them. */
const evidenceOfOthers = 0.5

/** With one more, the one that has been silent for longest is forgotten. */
const rememberedVoices = 16

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
 * Where two voices or more have been heard, the same sum without the words of any one of them has to pass h/2 too: whoever speaks alone against the
 * others raises no alarm, however often (mathematics §21).
 *
 * For anything that can be standardised: a residual of quality, the logarithm of a cost per token, a latency.
 */
export class ChangeDetector {
  readonly options: ChangeDetectorOptions
  readonly #up = newSide()
  readonly #down = newSide()

  /** @throws {RoutingError} `invalid_option` */
  constructor(options: ChangeDetectorOptions = defaultChangeDetection) {
    checkChangeDetection(options)
    this.options = options
  }

  /**
   * @param standardised x, finite, with mean 0 and variance 1 while nothing changes.
   * @param value what it was made of, in its own unit, and its weight ≥ 0: their mean since the change comes with an alarm.
   */
  observe(standardised: number, value: number, weight: number, word: Word = {}): DetectedChange | undefined {
    const step = Math.max(-largestStep, Math.min(largestStep, standardised))
    this.#gather(this.#up, step, value, weight, word)
    this.#gather(this.#down, -step, value, weight, word)
    const side = [this.#up, this.#down].find((one) => this.#isBeyond(one))
    if (side === undefined) return undefined
    const direction = side === this.#up ? 'up' : 'down'
    const change: DetectedChange = { direction, weight: side.weight, mean: side.moment / side.weight }
    for (const one of [this.#up, this.#down]) {
      clear(one)
      for (const voice of one.without.keys()) one.without.set(voice, 0)
    }
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
      upWithout: withoutOf(this.#up),
      downEvidence: this.#down.evidence,
      downWeight: this.#down.weight,
      downMoment: this.#down.moment,
      downShares: sharesOf(this.#down),
      downWithout: withoutOf(this.#down),
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
      // Absent from what was written before decisions, or voices, were told apart.
      for (const saved of fields[`${name}Shares`] === undefined ? [] : arrayField(fields, `${name}Shares`)) {
        const share = objectField({ saved }, 'saved')
        side.shares.set(stringField(share, 'decision'), numberField(share, 'evidence'))
      }
      for (const saved of fields[`${name}Without`] === undefined ? [] : arrayField(fields, `${name}Without`)) {
        const rest = objectField({ saved }, 'saved')
        side.without.set(stringField(rest, 'voice'), numberField(rest, 'evidence'))
      }
    }
    return detector
  }

  #isBeyond({ evidence, without }: Side): boolean {
    const { threshold } = this.options
    if (evidence <= threshold) return false
    return without.size < 2 || Math.min(...without.values()) > evidenceOfOthers * threshold
  }

  #gather(side: Side, step: number, value: number, weight: number, { decision, voice }: Word): void {
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
    if (voice !== undefined) remember(side, voice)
    for (const [other, evidence] of side.without) {
      if (other !== voice) side.without.set(other, Math.max(0, evidence + added))
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
function checkChangeDetection({ allowance, threshold }: ChangeDetectorOptions): void {
  for (const [name, value] of Object.entries({ allowance, threshold })) {
    if (!(value > 0)) throw new RoutingError('invalid_option', `${name} of a change detector must be > 0, got ${value}`)
  }
}

function sharesOf({ shares }: Side): { readonly decision: string; readonly evidence: number }[] {
  return [...shares].map(([decision, evidence]) => ({ decision, evidence }))
}

function withoutOf({ without }: Side): { readonly voice: string; readonly evidence: number }[] {
  return [...without].map(([voice, evidence]) => ({ voice, evidence }))
}

function newSide(): Side {
  return { evidence: 0, weight: 0, moment: 0, shares: new Map(), without: new Map() }
}

/** Anew at the end: those who spoke last are kept. Nothing of what there is comes from a voice that is new. */
function remember({ evidence, without }: Side, voice: string): void {
  const before = without.get(voice) ?? evidence
  without.delete(voice)
  without.set(voice, before)
  if (without.size > rememberedVoices) without.delete(without.keys().next().value!)
}

function clear(side: Side): void {
  side.evidence = side.weight = side.moment = 0
  side.shares.clear()
}
