import type { ApiKey } from '../../src/accounts/api-key.ts'
import type { Charge, ChargeSettlement, ChargeStore, StoredCharge } from '../../src/accounts/charge-store.ts'
import type { KeyStore } from '../../src/accounts/key-store.ts'
import type { RoutingDecision } from '../../src/routing/decision.ts'
import type { DecisionStore, LoggedDecision, StoredDecision } from '../../src/routing/decision-store.ts'
import {
  type FeedbackReceipt,
  type FeedbackStore,
  maxLabelsPerDecision,
  type StoredLabel,
} from '../../src/routing/feedback-store.ts'
import type { Feedback, Label, Settlement } from '../../src/routing/outcome.ts'
import type { ChainSize, ResponseStore, StoredResponse } from '../../src/routing/response-store.ts'

/** A store that can be made to fail, to hang or to refuse, as a full disk, a dead database or a bad record would. */
export type StoreFault = 'none' | 'throws' | 'hangs' | 'refuses'

export class MemoryDecisionStore implements DecisionStore {
  readonly rows = new Map<string, { decision: RoutingDecision; reserved: number; settlement: Settlement | undefined }>()
  fault: StoreFault = 'none'
  /** Runs inside `settle`, before it resolves: lets a test see what the client has by then. */
  onSettle: (() => Promise<void> | void) | undefined

  async append(decision: RoutingDecision, reservedNanoUsd: number): Promise<void> {
    await this.#suffer()
    this.rows.set(decision.id, { decision, reserved: reservedNanoUsd, settlement: undefined })
  }

  async settle(settlement: Settlement): Promise<void> {
    await this.#suffer()
    await this.onSettle?.()
    const row = this.rows.get(settlement.decisionId)
    if (row !== undefined) row.settlement ??= settlement
  }

  async get(id: string): Promise<StoredDecision | undefined> {
    await this.#suffer()
    return this.rows.get(id)
  }

  async recentSettlements(limit: number): Promise<readonly StoredDecision[]> {
    return [...this.rows.values()].filter((row) => row.settlement?.status === 'completed').slice(-limit)
  }

  async spentNanoUsd(sinceMs: number, keyId?: string): Promise<number> {
    let spent = 0
    for (const { decision, reserved, settlement } of this.rows.values()) {
      if (decision.createdAtMs < sinceMs || (keyId !== undefined && decision.keyId !== keyId)) continue
      spent += settlement?.costNanoUsd ?? reserved
    }
    return spent
  }

  async logged(afterId: string, limit: number): Promise<readonly LoggedDecision[]> {
    const rows = [...this.rows.values()].filter(({ decision }) => decision.id > afterId)
    rows.sort((a, b) => (a.decision.id < b.decision.id ? -1 : 1))
    return rows.slice(0, limit).map(({ decision, settlement }) => ({ decision, settlement, labels: [] }))
  }

  async ofConversation(conversationId: string, visibleTo: string | undefined, limit: number): Promise<string[]> {
    const rows = [...this.rows.values()].filter(
      ({ decision, settlement }) =>
        decision.conversationId === conversationId &&
        settlement?.answered !== undefined &&
        (visibleTo === undefined || decision.keyId === visibleTo),
    )
    return rows
      .map(({ decision }) => decision.id)
      .toReversed()
      .slice(0, limit)
  }

  async decisionsPerHour(sinceMs: number, keyId?: string): Promise<number[]> {
    const counts = new Array<number>(24).fill(0)
    for (const { decision } of this.rows.values()) {
      if (decision.createdAtMs < sinceMs || (keyId !== undefined && decision.keyId !== keyId)) continue
      counts[new Date(decision.createdAtMs).getUTCHours()]! += 1
    }
    return counts
  }

  async prune(): Promise<number> {
    return 0
  }

  #suffer(): Promise<void> {
    if (this.fault === 'throws') return Promise.reject(new Error('SQLITE_FULL: database or disk is full'))
    if (this.fault === 'refuses') {
      return Promise.reject(Object.assign(new Error('The id is taken'), { code: 'storage_conflict' }))
    }
    return this.fault === 'hangs' ? new Promise(() => {}) : Promise.resolve()
  }
}

export class MemoryFeedbackStore implements FeedbackStore {
  readonly #decisions: MemoryDecisionStore
  readonly #labels: Label[] = []
  readonly #said: Feedback[] = []
  /** Labels by decision and idempotency key. */
  readonly #messages = new Map<string, number>()
  fault: StoreFault = 'none'
  /** Lets a call that hangs go on. */
  recover = () => {}

  constructor(decisions: MemoryDecisionStore) {
    this.#decisions = decisions
  }

  async accept(feedback: Feedback, visibleTo: string | undefined): Promise<FeedbackReceipt> {
    if (this.fault === 'throws' || this.fault === 'refuses') throw new Error('SQLITE_FULL: database or disk is full')
    if (this.fault === 'hangs') {
      await new Promise<void>((resolve) => {
        this.recover = resolve
      })
    }
    const row = this.#decisions.rows.get(feedback.decisionId)
    if (row === undefined || (visibleTo !== undefined && row.decision.keyId !== visibleTo)) {
      return { status: 'unknown_decision' }
    }
    const answered = row.settlement?.answered
    if (answered === undefined) return { status: 'no_answer' }
    const message = `${feedback.decisionId} ${feedback.idempotencyKey}`
    const repeated = feedback.idempotencyKey === undefined ? undefined : this.#messages.get(message)
    if (repeated !== undefined) return { status: 'duplicate', sequence: repeated }
    const llm = feedback.llm ?? answered
    const earlier = this.#labels.findLast(
      (label) => label.decisionId === feedback.decisionId && label.source === feedback.source && label.llm === llm,
    )
    if (earlier !== undefined && earlier.kind === feedback.kind && earlier.value === feedback.value) {
      return { status: 'duplicate', sequence: earlier.sequence }
    }
    const { decisionId, source, kind, value } = feedback
    const known = this.#labels.filter((label) => label.decisionId === decisionId).length
    if (known >= maxLabelsPerDecision) return { status: 'too_many' }
    const sequence = this.#labels.length + 1
    const { candidates, context, pinned } = row.decision
    const label: Label = {
      ...{ sequence, decisionId, llm, context, source, kind, value },
      weight: feedback.weight ?? 1,
      noise: feedback.noise,
      offlineQuality: pinned ? undefined : candidates.find((terms) => terms.llm === llm)?.offlineQuality,
      revises:
        earlier === undefined ? undefined : { sequence: earlier.sequence, kind: earlier.kind, value: earlier.value },
    }
    this.#labels.push(label)
    this.#said.push(feedback)
    this.#messages.set(message, sequence)
    return { status: 'accepted', sequence, label }
  }

  async label(sequence: number, visibleTo: string | undefined): Promise<StoredLabel | undefined> {
    const label = this.#labels[sequence - 1]
    if (label === undefined) return undefined
    const decision = this.#decisions.rows.get(label.decisionId)?.decision
    if (visibleTo !== undefined && decision?.keyId !== visibleTo) return undefined
    const { receivedAtMs, keyId } = this.#said[sequence - 1]!
    return { ...label, receivedAtMs, keyId }
  }

  async labelsAfter(sequence: number, limit: number): Promise<readonly Label[]> {
    return this.#labels.filter((label) => label.sequence > sequence).slice(0, limit)
  }

  async latestSequence(): Promise<number> {
    return this.#labels.length
  }
}

export class MemoryResponseStore implements ResponseStore {
  readonly rows = new Map<string, StoredResponse>()
  fault: 'none' | 'throws' = 'none'

  async save(response: StoredResponse): Promise<void> {
    if (this.fault === 'throws') throw new Error('SQLITE_FULL: database or disk is full')
    this.rows.set(response.id, response)
  }

  async get(id: string, keyId: string | undefined): Promise<StoredResponse | undefined> {
    const row = this.rows.get(id)
    return row?.keyId === keyId ? row : undefined
  }

  async chain(id: string, keyId: string | undefined): Promise<readonly StoredResponse[]> {
    const chain: StoredResponse[] = []
    for (let next: string | undefined = id; next !== undefined; ) {
      const row = await this.get(next, keyId)
      if (row === undefined) break
      chain.unshift(row)
      next = row.previousId
    }
    return chain
  }

  async chainSize(id: string, keyId: string | undefined): Promise<ChainSize> {
    const chain = await this.chain(id, keyId)
    const bytes = chain.map(({ input, response }) => Buffer.byteLength(input) + Buffer.byteLength(response))
    return { responses: chain.length, bytes: bytes.reduce((sum, next) => sum + next, 0) }
  }

  async item(itemId: string, keyId: string | undefined): Promise<string | undefined> {
    const holder = [...this.rows.values()].findLast((row) => row.keyId === keyId && row.itemIds.includes(itemId))
    if (holder === undefined) return undefined
    const { output } = JSON.parse(holder.response) as { readonly output: readonly { readonly id?: string }[] }
    const input = JSON.parse(holder.input) as readonly { readonly id?: string }[]
    return JSON.stringify([...input, ...output].findLast(({ id }) => id === itemId))
  }

  async delete(id: string, keyId: string | undefined): Promise<boolean> {
    return (await this.get(id, keyId)) !== undefined && this.rows.delete(id)
  }
}

export class MemoryChargeStore implements ChargeStore {
  readonly rows = new Map<string, StoredCharge>()
  fault: 'none' | 'throws' = 'none'

  async append(charge: Charge): Promise<void> {
    if (this.fault === 'throws') throw new Error('SQLITE_FULL: database or disk is full')
    this.rows.set(charge.id, { charge, settlement: undefined })
  }

  async settle(settlement: ChargeSettlement): Promise<void> {
    const row = this.rows.get(settlement.chargeId)
    if (row !== undefined && row.settlement === undefined) this.rows.set(row.charge.id, { ...row, settlement })
  }

  async get(id: string): Promise<StoredCharge | undefined> {
    return this.rows.get(id)
  }

  /** There is no other process. */
  async spentByOthersNanoUsd(): Promise<number> {
    return 0
  }
}

export class MemoryKeyStore implements KeyStore {
  readonly #keys: ApiKey[] = []

  async create(key: ApiKey): Promise<void> {
    this.#keys.push(key)
  }

  async list(): Promise<readonly ApiKey[]> {
    return this.#keys
  }

  async revoke(id: string, atMs: number): Promise<boolean> {
    const index = this.#keys.findIndex((key) => key.id === id && key.revokedAtMs === undefined)
    const key = this.#keys[index]
    if (key === undefined) return false
    this.#keys[index] = { ...key, revokedAtMs: atMs }
    return true
  }
}
