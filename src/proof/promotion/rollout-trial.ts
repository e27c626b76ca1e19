import type { LoggedDecision } from '../../routing/decision-store.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'
import { numberField, objectField, requireSnapshot, stringField } from '../../routing/prediction/snapshot-fields.ts'
import { type PromotionOptions, PromotionTest } from './promotion-test.ts'
import { type ShadowReport, ShadowTally } from './shadow-tally.ts'
import { type ClosedUnit, UnitCollector } from './unit-collector.ts'
import type { UtilityScale } from './utility-scale.ts'

export interface RolloutOptions extends PromotionOptions {
  /** Decisions in shadow before a part of the traffic follows the candidate. */
  readonly shadowDecisions: number
  /** `manual`: a candidate that is shown to be better waits for a person. */
  readonly mode: 'auto' | 'manual'
  /** How long a decision's labels are waited for. */
  readonly labelWindowMs: number
  /** How long after its first request a conversation may grow; with {@link labelWindowMs}, how long a verdict takes at least. */
  readonly conversationMs: number
  /**
   * A canary in which no conversation was labelled for so long is held: it would serve its share for good. Where none came for over a day, the
   * rest of that time is nobody's silence.
   */
  readonly maxSilenceMs: number
}

/** What is to become of a candidate, and why, for people. */
export interface RolloutStepTaken {
  readonly kind: 'canary' | 'promote' | 'hold'
  readonly detail: string
}

export interface TrialIdentity {
  readonly version: string
  /** k */
  readonly trial: number
  readonly scale: UtilityScale
  /** Secret. */
  readonly salt: string
}

const dayMs = 86_400_000

/** Expected to cost so many times what is spent now: nobody needs to try that out. */
const absurdCostRatio = 3

/** More alike than this, and a canary would show nothing in a lifetime. */
const sameAgreement = 0.999

/** The trial of one candidate from shadow to verdict: pure state, moved on by the log in the order of its ids, saved and restored at any time. */
export class RolloutTrial {
  readonly identity: TrialIdentity
  readonly #options: RolloutOptions
  #phase: 'shadow' | 'canary' = 'shadow'
  #shadow = new ShadowTally()
  #shadowCursor: string
  #units: UnitCollector
  #test: PromotionTest
  /** When the latest conversation began of which a label came, at first the first one counted; undefined before it. */
  #heardMs: number | undefined
  /** When the latest that was counted began. */
  #countedMs = 0
  /** Between the latest of which a label came and the latest counted, without the time in which none began. */
  #silentMs = 0

  /** @param afterId the log is read after this decision. */
  constructor(identity: TrialIdentity, afterId: string, options: RolloutOptions) {
    this.identity = identity
    this.#options = options
    this.#shadowCursor = afterId
    this.#units = new UnitCollector(identity.version, afterId, options.conversationMs)
    this.#test = new PromotionTest(identity.scale, identity.trial, options)
  }

  get phase(): 'shadow' | 'canary' {
    return this.#phase
  }

  /** Share of conversations that the candidate is to serve now. */
  get share(): number {
    return this.#test.share
  }

  get shadow(): ShadowReport {
    return this.#shadow.report
  }

  get test(): PromotionTest {
    return this.#test
  }

  /** When the latest conversation began that somebody labelled, or the first one if nobody did; undefined before the first. */
  get heardMs(): number | undefined {
    return this.#heardMs
  }

  /** Where the log is to be read on from after a restart. */
  get cursor(): string {
    return this.#phase === 'shadow' ? this.#shadowCursor : this.#units.cursor
  }

  /** A decision is to be read so long after it was made: in shadow at once, in a canary when its labels have come. */
  get readDelayMs(): number {
    return this.#phase === 'shadow' ? 0 : this.#options.labelWindowMs
  }

  /** The next decision of the log. @param prior q̂ as fitted, over its candidates; see `TrialTurn.prior`. */
  add(logged: LoggedDecision, prior: (logged: LoggedDecision) => Float64Array): void {
    if (this.#phase === 'canary') {
      this.#units.add(logged, prior)
      return
    }
    this.#shadow.add(logged, this.identity.version)
    this.#shadowCursor = logged.decision.id
  }

  /** Counts what is complete. @param readUntilMs every decision made before was added. */
  countUntil(readUntilMs: number): void {
    if (this.#phase === 'shadow') return
    for (const unit of this.#units.takeClosed(readUntilMs)) {
      // Nothing is counted beyond a verdict: it is the first one that holds.
      if (this.#test.verdict !== 'undecided' || this.#isSilent) return
      this.#test.count(unit)
      this.#noteWord(unit)
    }
  }

  /** What follows from what was read; undefined: nothing yet. */
  get due(): RolloutStepTaken | undefined {
    return this.#phase === 'shadow' ? this.#afterShadow() : this.#afterCanary()
  }

  /** The canary begins. */
  beginCanary(): void {
    this.#phase = 'canary'
    this.#units = new UnitCollector(this.identity.version, this.#shadowCursor, this.#options.conversationMs)
  }

  snapshot(): SnapshotData {
    const { version, trial, scale, salt } = this.identity
    return {
      formatVersion: 1,
      kind: 'rollout-trial',
      version,
      trial,
      lambda: scale.lambda,
      costReferenceUsd: scale.costReferenceUsd,
      salt,
      phase: this.#phase,
      shadow: this.#shadow.snapshot(),
      shadowCursor: this.#shadowCursor,
      units: this.#units.snapshot(),
      test: this.#test.snapshot(),
      heardMs: this.#heardMs,
      countedMs: this.#countedMs,
      silentMs: this.#silentMs,
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData, options: RolloutOptions): RolloutTrial {
    const fields = requireSnapshot(data, 'rollout-trial')
    const scale = {
      lambda: numberField(fields, 'lambda'),
      costReferenceUsd: numberField(fields, 'costReferenceUsd'),
    }
    const [version, salt] = [stringField(fields, 'version'), stringField(fields, 'salt')]
    const identity = { version, trial: numberField(fields, 'trial'), scale, salt }
    const trial = new RolloutTrial(identity, stringField(fields, 'shadowCursor'), options)
    trial.#phase = stringField(fields, 'phase') === 'canary' ? 'canary' : 'shadow'
    trial.#shadow = ShadowTally.restore(objectField(fields, 'shadow') as SnapshotData)
    trial.#units = UnitCollector.restore(objectField(fields, 'units') as SnapshotData, options.conversationMs)
    const test = objectField(fields, 'test') as SnapshotData
    trial.#test = PromotionTest.restore(test, scale, identity.trial, options)
    // Absent from what was written before silence was counted.
    const { heardMs, countedMs, silentMs } = fields
    if (typeof heardMs === 'number') trial.#heardMs = heardMs
    if (typeof countedMs === 'number') trial.#countedMs = countedMs
    if (typeof silentMs === 'number') trial.#silentMs = silentMs
    return trial
  }

  /** By the log alone, so that it does not matter when it is read. */
  get #isSilent(): boolean {
    return this.#silentMs > this.#options.maxSilenceMs
  }

  #noteWord({ firstMs, labelled }: ClosedUnit): void {
    const isHeard = labelled > 0 || this.#heardMs === undefined
    this.#silentMs = isHeard ? 0 : this.#silentMs + Math.min(dayMs, Math.max(0, firstMs - this.#countedMs))
    if (isHeard) this.#heardMs = firstMs
    this.#countedMs = firstMs
  }

  #afterShadow(): RolloutStepTaken | undefined {
    const { decisions, agreement, costRatio } = this.#shadow.report
    if (decisions < this.#options.shadowDecisions) return undefined
    const asked = `asked about ${decisions} requests`
    if (costRatio !== undefined && costRatio > absurdCostRatio) {
      return { kind: 'hold', detail: `${asked}, it would be expected to spend ${costRatio.toFixed(1)} times as much` }
    }
    if (agreement > sameAgreement) {
      const share = (100 * agreement).toFixed(2)
      return { kind: 'hold', detail: `${asked}, it chooses as the serving version does (${share} %): nothing to gain` }
    }
    const share = `${(100 * agreement).toFixed(1)} % of its choices are the serving version's`
    return { kind: 'canary', detail: `${asked}: ${share}` }
  }

  #afterCanary(): RolloutStepTaken | undefined {
    const { verdict, units, gain = 0, eValue, eValueNeeded } = this.#test
    if (this.#isSilent) {
      const days = Number((this.#options.maxSilenceMs / dayMs).toFixed(1))
      const detail = `not shown to be better: no feedback on any conversation in ${days} ${days === 1 ? 'day' : 'days'} of requests, ${units} counted before that`
      return { kind: 'hold', detail }
    }
    if (verdict === 'undecided') return undefined
    const seen = `${units} labelled conversations, gain in utility ${signed(gain)} per answer`
    if (verdict === 'better') {
      const shown = `shown to be better: ${seen}, evidence ${eValue.toFixed(1)} of ${eValueNeeded.toFixed(1)}`
      if (this.#options.mode === 'auto') return { kind: 'promote', detail: shown }
      return { kind: 'hold', detail: `${shown}; waits to be promoted by hand` }
    }
    const what = verdict === 'worse' ? 'shown to be worse' : 'not shown to be better'
    return { kind: 'hold', detail: `${what}: ${seen}` }
  }
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
}
