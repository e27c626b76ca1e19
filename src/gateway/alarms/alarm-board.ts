import type { Clock } from '../../routing/clock.ts'
import type { RoutingDecision } from '../../routing/decision.ts'
import { DriftWatch } from '../../routing/learning/drift-watch.ts'
import type { ChangeAlarm } from '../../routing/learning/residual-state.ts'
import type { Settlement } from '../../routing/outcome.ts'
import type { Llm, LlmId } from '../../routing/registry/llm.ts'
import { billedNanoUsd } from '../../routing/registry/token-bill.ts'
import type { TokenPrice, TokenUsage } from '../../routing/registry/token-price.ts'
import type { Logger } from '../logger.ts'

/** Something about an LLM is no longer what it was. */
export interface Alarm {
  readonly llm: LlmId
  readonly kind: 'quality' | 'cost' | 'latency'
  readonly direction: 'up' | 'down'
  /** Of cost and latency the factor by which it changed; of quality what labels say of it beyond what was measured, in quality units. */
  readonly size: number
  /** When it was noticed; undefined: of quality, before this process began. */
  readonly atMs: number | undefined
  /** Of quality: the label that settled it. */
  readonly labelSequence: number | undefined
}

export interface AlarmBoardParts {
  readonly llm: (id: LlmId) => Llm | undefined
  /** The price of the model that an upstream says answered. */
  readonly priceOf: (llm: Llm, reportedModel: string | undefined) => TokenPrice | undefined
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
  /** Each LLM as it was when it last answered. */
  readonly #known = new Map<LlmId, Llm>()
  /** By what factor alarms have moved what is expected of its bills, at the price it has. */
  readonly #moved = new Map<LlmId, number>()
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
  settled(decision: RoutingDecision, { answered, status, usage, ...ended }: Settlement): void {
    if (answered === undefined || status !== 'completed') return
    const atMs = this.#isReplaying ? ended.settledAtMs : this.#parts.clock.now()
    const llm = this.#parts.llm(answered)
    if (llm !== undefined) {
      this.#follow(llm)
      if (usage !== undefined) this.#observeCost(llm, usage, ended.reportedModel, atMs)
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
      const atMs = this.#isReplaying ? undefined : this.#parts.clock.now()
      this.#raise({ llm, kind: 'quality', direction, size: residual, atMs, labelSequence: sequence })
    }
  }

  /** The latest first. */
  list(): readonly Alarm[] {
    return this.#alarms.toReversed()
  }

  /** What was changed here is no change of theirs: what its bills were, or how long another place took, is no measure any more. */
  #follow(llm: Llm): void {
    const { id } = llm
    const before = this.#known.get(id)
    if (before === llm) return
    this.#known.set(id, llm)
    if (before === undefined) return
    const isElsewhere = before.provider !== llm.provider || before.upstreamModel !== llm.upstreamModel
    if (isElsewhere) this.#drift.forget(id, 'latency')
    if (!isElsewhere && before.price === llm.price) return
    this.#drift.forget(id, 'cost')
    // The new price says what bills had shown.
    const moved = this.#moved.get(id)
    if (moved === undefined) return
    this.#moved.delete(id)
    this.#parts.onCostChange(id, 1 / moved)
  }

  /** Both sides at prices of now, whenever it was: an answer of before a price was changed here says nothing else than one of after. */
  #observeCost(llm: Llm, usage: TokenUsage, reportedModel: string | undefined, atMs: number): void {
    const { costUsd: _, ...tokens } = usage
    const billed = billedNanoUsd(this.#parts.priceOf(llm, reportedModel), usage)
    const atListPrice = billedNanoUsd(llm.price, tokens)
    if (billed !== undefined && atListPrice !== undefined) this.#observe(llm.id, 'cost', billed, atListPrice, atMs)
  }

  #observe(llm: LlmId, kind: 'cost' | 'latency', seen: number, expected: number, atMs: number): void {
    const alarm = this.#drift.observe(llm, kind, seen, expected, atMs)
    if (alarm === undefined) return
    if (kind === 'cost') {
      this.#moved.set(llm, (this.#moved.get(llm) ?? 1) * alarm.factor)
      this.#parts.onCostChange(llm, alarm.factor)
    }
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
