import { placeOf } from '../../routing/decision/place-of.ts'
import type { LoggedDecision } from '../../routing/decision-store.ts'
import type { SnapshotData } from '../../routing/policy-store.ts'
import { integersField, numberField, requireSnapshot, stringField } from '../../routing/prediction/snapshot-fields.ts'
import { trialTurn } from './trial-turn.ts'
import type { TrialTurn, TrialUnit } from './trial-unit.ts'

/**
 * Conversations remembered as counted, the latest ones: their later turns, whose arm is known by then, are no units of their own. 120 kB in every save of a
 * trial, which comes twice a minute.
 */
const rememberedConversations = 30_000

/** A unit that can grow no more. */
export interface ClosedUnit extends TrialUnit {
  /** When it began. */
  readonly firstMs: number
  /** Answers in it that somebody labelled. */
  readonly labelled: number
}

interface OpenUnit {
  readonly firstId: string
  readonly firstMs: number
  readonly conversation: string | undefined
  readonly share: number
  readonly turns: TrialTurn[]
  /** What its turns added to the collector's counts. */
  answered: number
  labelled: number
  /** The share of the canary has changed since: what comes now was drawn by another rule. */
  isCut: boolean
}

/**
 * Makes units of a canary's log. They come out in the order in which they began, each once it can grow no more: an order that no outcome
 * has a say in, so that bets on the next may look at all that came before.
 */
export class UnitCollector {
  readonly #version: string
  readonly #conversationMs: number
  #open: OpenUnit[] = []
  readonly #byConversation = new Map<string, OpenUnit>()
  #counted = new Set<number>()
  #cursor: string
  readonly #counts = { answered: 0, labelled: 0 }

  /**
   * @param version the candidate's.
   * @param afterId the last decision before its canary.
   * @param conversationMs turns of a conversation that begin later than this after its first are no part of its unit.
   */
  constructor(version: string, afterId: string, conversationMs: number) {
    this.#version = version
    this.#conversationMs = conversationMs
    this.#cursor = afterId
  }

  /** Every unit that began with this decision or before has come out: where a restored collector has to read on. */
  get cursor(): string {
    return this.#cursor
  }

  /** Share of answers that somebody labelled. */
  get labelShare(): number {
    return (1 + this.#counts.labelled) / (1 + this.#counts.answered)
  }

  /** The next decision of the log, with its labels. @param prior see {@link TrialTurn.prior}. */
  add(logged: LoggedDecision, prior: (logged: LoggedDecision) => Float64Array): void {
    const { decision, settlement } = logged
    const { experiment, conversationId, createdAtMs } = decision
    if (decision.pinned || experiment?.phase !== 'canary' || experiment.candidateVersion !== this.#version) return
    const known = conversationId === undefined ? undefined : this.#byConversation.get(conversationId)
    if (known === undefined && conversationId !== undefined && this.#counted.has(hashOf(conversationId))) return
    if (known !== undefined && experiment.share !== known.share) known.isCut = true
    if (known?.isCut === true || createdAtMs - (known?.firstMs ?? createdAtMs) > this.#conversationMs) return
    const turn = trialTurn(logged, prior(logged), this.labelShare)
    const unit = known ?? this.#begin(logged, experiment.share)
    unit.turns.push(turn)
    if (settlement?.status !== 'completed') return
    const labelled = turn.outcome === undefined ? 0 : 1
    for (const counts of [this.#counts, unit]) {
      counts.answered++
      counts.labelled += labelled
    }
  }

  /** Takes out the units that can grow no more. @param readUntilMs every decision made before has been added. */
  takeClosed(readUntilMs: number): readonly ClosedUnit[] {
    const isOpen = ({ conversation, firstMs }: OpenUnit) =>
      conversation !== undefined && firstMs + this.#conversationMs >= readUntilMs
    const end = this.#open.findIndex(isOpen)
    const closed = this.#open.splice(0, end === -1 ? this.#open.length : end)
    for (const { conversation, firstId } of closed) {
      this.#cursor = firstId
      if (conversation === undefined) continue
      this.#byConversation.delete(conversation)
      this.#remember(hashOf(conversation))
    }
    return closed
  }

  /** Without the units under way, which are read again from {@link cursor} on. */
  snapshot(): SnapshotData {
    const sum = (of: 'answered' | 'labelled') => this.#open.reduce((total, unit) => total + unit[of], 0)
    return {
      formatVersion: 1,
      kind: 'unit-collector',
      version: this.#version,
      cursor: this.#cursor,
      counted: Int32Array.from(this.#counted),
      answered: this.#counts.answered - sum('answered'),
      labelled: this.#counts.labelled - sum('labelled'),
    }
  }

  /** @throws {RoutingError} `unknown_snapshot_format` */
  static restore(data: SnapshotData, conversationMs: number): UnitCollector {
    const fields = requireSnapshot(data, 'unit-collector')
    const [version, cursor] = [stringField(fields, 'version'), stringField(fields, 'cursor')]
    const collector = new UnitCollector(version, cursor, conversationMs)
    collector.#counted = new Set(integersField(fields, 'counted'))
    collector.#counts.answered = numberField(fields, 'answered')
    collector.#counts.labelled = numberField(fields, 'labelled')
    return collector
  }

  #begin({ decision: { id, createdAtMs, conversationId } }: LoggedDecision, share: number): OpenUnit {
    const unit: OpenUnit = {
      firstId: id,
      firstMs: createdAtMs,
      conversation: conversationId,
      share,
      turns: [],
      answered: 0,
      labelled: 0,
      isCut: false,
    }
    this.#open.push(unit)
    if (conversationId !== undefined) this.#byConversation.set(conversationId, unit)
    return unit
  }

  #remember(hash: number): void {
    this.#counted.add(hash)
    if (this.#counted.size <= rememberedConversations) return
    const [oldest] = this.#counted
    this.#counted.delete(oldest!)
  }
}

/** 32 bits: one conversation in some hundred thousand is taken for another and left out, whatever it says. */
function hashOf(conversation: string): number {
  return Math.floor(placeOf('counted', conversation) * 4294967296) | 0
}
