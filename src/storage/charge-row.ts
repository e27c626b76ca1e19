import type { Charge, ChargeSettlement, StoredCharge } from '../accounts/charge-store.ts'
import type { TokenUsage } from '../routing/registry/token-price.ts'
import { encodeUsage } from './settlement-row.ts'
import { storedInteger } from './stored-integer.ts'

/** How a charge ended, as its table holds it; all null until then. */
export interface ChargeEndRow {
  readonly settled_at_ms: number | null
  readonly status: ChargeSettlement['status'] | null
  readonly reported_model: string | null
  /** JSON. */
  readonly usage: string | null
  readonly cost_nano_usd: number | null
}

/** A charge as its table holds it. */
export interface ChargeRow extends ChargeEndRow {
  readonly id: string
  readonly created_at_ms: number
  readonly key_id: string | null
  readonly model: string
  readonly reserved_nano_usd: number
}

/** A charge with the process that booked it; null is the one that serves. */
export interface BookedChargeRow extends ChargeRow {
  readonly booked_by: string | null
}

/** @throws {StorageError} `storage_conflict` for a time or a reservation that cannot be. */
export function encodeCharge(charge: Charge): ChargeRow {
  return {
    id: charge.id,
    created_at_ms: storedInteger('time', charge.createdAtMs),
    key_id: charge.keyId ?? null,
    model: charge.model,
    reserved_nano_usd: storedInteger('reservation', charge.reservedNanoUsd),
    settled_at_ms: null,
    status: null,
    reported_model: null,
    usage: null,
    cost_nano_usd: null,
  }
}

/** @throws {StorageError} `storage_conflict` for a time, a cost or a count that no call has. */
export function encodeChargeEnd(settlement: ChargeSettlement): ChargeEndRow {
  const { settledAtMs, status, reportedModel, usage, costNanoUsd } = settlement
  return {
    settled_at_ms: storedInteger('time', settledAtMs),
    status,
    reported_model: reportedModel ?? null,
    usage: usage === undefined ? null : encodeUsage(usage),
    cost_nano_usd: costNanoUsd === undefined ? null : storedInteger('cost', costNanoUsd),
  }
}

/** The inverse of both. */
export function decodeCharge(row: ChargeRow): StoredCharge {
  const { id, created_at_ms, key_id, model, reserved_nano_usd, settled_at_ms, status } = row
  const charge: Charge = {
    id,
    createdAtMs: created_at_ms,
    keyId: key_id ?? undefined,
    model,
    reservedNanoUsd: reserved_nano_usd,
  }
  if (settled_at_ms === null || status === null) return { charge, settlement: undefined }
  return {
    charge,
    settlement: {
      chargeId: id,
      settledAtMs: settled_at_ms,
      status,
      reportedModel: row.reported_model ?? undefined,
      usage: row.usage === null ? undefined : (JSON.parse(row.usage) as TokenUsage),
      costNanoUsd: row.cost_nano_usd ?? undefined,
    },
  }
}
