import type { Clock } from '../../routing/clock.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import { DriftWatch } from '../../routing/learning/drift-watch.ts'
import type { ChangeAlarm } from '../../routing/learning/residual-state.ts'
import type { Settlement } from '../../routing/outcome.ts'
import type { Llm, LlmId } from '../../routing/registry/llm.ts'
import { billedNanoUsd } from '../../routing/registry/token-bill.ts'
import type { Logger } from '../logger.ts'

/** Something about an LLM is no longer what it was. */
export interface Alarm {
  readonly llm: LlmId
  readonly kind: 'quality' | 'cost' | 'latency'
  readonly direction: 'up' | 'down'
  /** Of cost and latency the factor by which it changed; of quality what labels say of it beyond what was measured, in quality units. */
  readonly size: number
  /** When it was noticed. */
  readonly atMs: number
  /** Of quality: the label that settled it. */
  readonly labelSequence: number | undefined
}

export interface AlarmBoardParts {
  readonly llm: (id: LlmId) => Llm | undefined
  /** Alarms of the policy that serves, the oldest first; they outlive a restart with what was learned. */
  readonly qualityAlarms: () => readonly ChangeAlarm[]
  /** Bills of that LLM became so many times what they were. */
  readonly onCostChange: (llm: LlmId, factor: number) => void
  readonly clock: Clock
  readonly log: Logger
}

/** For people; the oldest go. */
const keptAlarms = 200

/**
 * Watches every LLM that answers for changes nobody announced: of quality by what labels say, of cost by bills against list prices, of completion times
 * against what was expected. What follows from an alarm: of quality the posterior widens (mathematics §21), of cost what is expected of bills moves at once; completion times
 * follow by themselves within some twenty calls.
 */
export class AlarmBoard {
  readonly #parts: AlarmBoardParts
  readonly #drift = new DriftWatch()
  readonly #alarms: Alarm[] = []
  /** Alarms of quality told already, by LLM and label. */
  readonly #told = new Set<string>()
  #isReplaying = true

  constructor(parts: AlarmBoardParts) {
    this.#parts = parts
  }

  /** What comes from now on is new: until then answers are those of before the start, which say what is usual. */
  begin(): void {
    this.poll()
    this.#isReplaying = false
  }

  /** One request ended. Never throws. */
  settled(decision: RoutingDecision, { answered, status, usage, billedNanoUsd: billed, ...ended }: Settlement): void {
    if (answered === undefined || status !== 'completed') return
    const atMs = this.#isReplaying ? ended.settledAtMs : this.#parts.clock.now()
    if (billed !== undefined && usage !== undefined) {
      // A price that was changed here is no change of theirs: both sides are at prices of now.
      const atListPrice = billedNanoUsd(this.#parts.llm(answered)?.price, usage)
      if (atListPrice !== undefined) this.#observe(answered, 'cost', billed, atListPrice, atMs)
    }
    const expectedMs = decision.candidates.find(({ llm }) => llm === answered)?.completionMs
    if (expectedMs !== undefined) this.#observe(answered, 'latency', ended.completionMs, expectedMs, atMs)
  }

  /** Takes up what labels have shown meanwhile. */
  poll(): void {
    for (const { llm, sequence, direction, residual } of this.#parts.qualityAlarms()) {
      const key = `${sequence} ${llm}`
      if (this.#told.has(key)) continue
      this.#told.add(key)
      const atMs = this.#parts.clock.now()
      this.#raise({ llm, kind: 'quality', direction, size: residual, atMs, labelSequence: sequence })
    }
  }

  /** The latest first. */
  list(): readonly Alarm[] {
    return this.#alarms.toReversed()
  }

  /** The price of that LLM was changed here: what its bills were is no measure any more. */
  priceChanged(llm: LlmId): void {
    this.#drift.forget(llm, 'cost')
  }

  #observe(llm: LlmId, kind: 'cost' | 'latency', seen: number, expected: number, atMs: number): void {
    const alarm = this.#drift.observe(llm, kind, seen, expected, atMs)
    if (alarm === undefined) return
    if (kind === 'cost') this.#parts.onCostChange(llm, alarm.factor)
    this.#raise({ llm, kind, direction: alarm.direction, size: alarm.factor, atMs, labelSequence: undefined })
  }

  #raise(alarm: Alarm): void {
    this.#alarms.push(alarm)
    if (this.#alarms.length > keptAlarms) this.#alarms.shift()
    if (this.#isReplaying) return
    const { llm, kind, direction, size } = alarm
    this.#parts.log.warn({ llm, kind, direction, size }, messages[kind])
  }
}

const messages: Readonly<Record<Alarm['kind'], string>> = {
  quality: 'the quality of an LLM has changed, as labels say',
  cost: 'the bills of an LLM have changed against its list price',
  latency: 'the completion times of an LLM have changed',
}
