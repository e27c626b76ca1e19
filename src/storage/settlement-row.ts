import type { Settlement } from '../routing/outcome.ts'
import type { TokenUsage } from '../routing/registry/token-price.ts'
import { StorageError } from './storage-error.ts'
import { storedInteger } from './stored-integer.ts'

/** A settlement as its table holds it, but for what the database adds from the decision. */
export interface SettlementRow {
  readonly decision_id: string
  readonly settled_at_ms: number
  readonly status: Settlement['status']
  readonly answered: string | null
  readonly reported_model: string | null
  /** JSON. */
  readonly usage: string | null
  readonly cost_nano_usd: number | null
  readonly billed_nano_usd: number | null
  readonly streamed: number
  readonly time_to_first_token_ms: number | null
  readonly completion_ms: number
  readonly overhead_ms: number
  /** JSON [LLM, error or null, milliseconds]…. */
  readonly attempts: string
}

/** @throws {StorageError} `storage_conflict` for a time, a cost or a count that no call has. */
export function encodeSettlement(settlement: Settlement): SettlementRow {
  return {
    decision_id: settlement.decisionId,
    settled_at_ms: storedInteger('time', settlement.settledAtMs),
    status: settlement.status,
    answered: settlement.answered ?? null,
    reported_model: settlement.reportedModel ?? null,
    usage: settlement.usage === undefined ? null : encodeUsage(settlement.usage),
    cost_nano_usd: settlement.costNanoUsd === undefined ? null : storedInteger('cost', settlement.costNanoUsd),
    billed_nano_usd: settlement.billedNanoUsd === undefined ? null : storedInteger('bill', settlement.billedNanoUsd),
    streamed: settlement.streamed ? 1 : 0,
    time_to_first_token_ms: settlement.timeToFirstTokenMs ?? null,
    completion_ms: settlement.completionMs,
    overhead_ms: settlement.overheadMs,
    attempts: JSON.stringify(settlement.attempts.map(({ llm, error, ms }) => [llm, error ?? null, ms])),
  }
}

export function decodeSettlement(row: SettlementRow): Settlement {
  const attempts = JSON.parse(row.attempts) as [string, string | null, number][]
  return {
    decisionId: row.decision_id,
    settledAtMs: row.settled_at_ms,
    status: row.status,
    answered: row.answered ?? undefined,
    reportedModel: row.reported_model ?? undefined,
    usage: row.usage === null ? undefined : (JSON.parse(row.usage) as TokenUsage),
    costNanoUsd: row.cost_nano_usd ?? undefined,
    billedNanoUsd: row.billed_nano_usd ?? undefined,
    streamed: row.streamed === 1,
    timeToFirstTokenMs: row.time_to_first_token_ms ?? undefined,
    completionMs: row.completion_ms,
    overheadMs: row.overhead_ms,
    attempts: attempts.map(([llm, error, ms]) => ({ llm, error: error ?? undefined, ms })),
  }
}

/** @throws {StorageError} `storage_conflict` */
export function encodeUsage(usage: TokenUsage): string {
  const { costUsd, unpriced: _words, ...counts } = usage
  for (const [kind, count] of Object.entries(counts)) if (count !== undefined) storedInteger(kind, count)
  // In JSON it would come back as null.
  if (costUsd !== undefined && !Number.isFinite(costUsd)) {
    throw new StorageError('storage_conflict', `The record has ${costUsd} as its bill: no number that can be stored`)
  }
  return JSON.stringify(usage)
}
