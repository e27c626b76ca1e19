import type { PolicyRollout, RolloutCandidate, RolloutEvent, SnapshotData } from '../routing/policy-store.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts'
import { storedInteger } from './stored-integer.ts'

/** Which version serves and which is on trial, as the one row of its table holds it; the candidate's fields are null where there is none. */
export interface RolloutRow {
  readonly serving_id: string | null
  readonly trials: number
  readonly candidate_id: string | null
  readonly phase: RolloutCandidate['phase'] | null
  readonly since_ms: number | null
  readonly reason: string | null
  readonly trial: number | null
  /** Encoded with fields in the order of their names, so that equal evidence has equal bytes. */
  readonly evidence: Uint8Array | null
}

export interface RolloutEventRow {
  readonly at_ms: number
  readonly version: string
  readonly kind: RolloutEvent['kind']
  readonly detail: string
}

/** @throws {StorageError} `storage_conflict` for a time or a number of trials that cannot be. */
export function encodeRollout({ servingId, candidate, trials }: PolicyRollout): RolloutRow {
  const evidence = candidate?.evidence
  return {
    serving_id: servingId ?? null,
    trials: storedInteger('number of trials', trials),
    candidate_id: candidate?.id ?? null,
    phase: candidate?.phase ?? null,
    since_ms: candidate === undefined ? null : storedInteger('time', candidate.sinceMs),
    reason: candidate?.reason ?? null,
    trial: candidate === undefined ? null : storedInteger('trial', candidate.trial),
    evidence: evidence === undefined ? null : encodeSnapshot(inOrder(evidence)),
  }
}

/** @throws {StorageError} `storage_corrupt` */
export function decodeRollout(row: RolloutRow): PolicyRollout {
  return { servingId: row.serving_id ?? undefined, candidate: decodeCandidate(row), trials: row.trials }
}

function decodeCandidate(row: RolloutRow): RolloutCandidate | undefined {
  const { candidate_id: id, phase, since_ms: sinceMs, trial, evidence } = row
  if (id === null || phase === null || sinceMs === null || trial === null) return undefined
  return {
    id,
    phase,
    sinceMs,
    reason: row.reason ?? undefined,
    trial,
    evidence: evidence === null ? undefined : decodeSnapshot(evidence),
  }
}

export function isSameRollout(a: RolloutRow, b: RolloutRow): boolean {
  return (
    a.serving_id === b.serving_id &&
    a.trials === b.trials &&
    a.candidate_id === b.candidate_id &&
    a.phase === b.phase &&
    a.since_ms === b.since_ms &&
    a.reason === b.reason &&
    a.trial === b.trial &&
    isSameBytes(a.evidence, b.evidence)
  )
}

function isSameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function encodeRolloutEvent({ atMs, version, kind, detail }: RolloutEvent): RolloutEventRow {
  return { at_ms: storedInteger('time', atMs), version, kind, detail }
}

export function decodeRolloutEvent({ at_ms, version, kind, detail }: RolloutEventRow): RolloutEvent {
  return { atMs: at_ms, version, kind, detail }
}

function inOrder(data: SnapshotData): SnapshotData {
  if (Array.isArray(data)) return data.map(inOrder)
  if (data === null || typeof data !== 'object' || ArrayBuffer.isView(data)) return data
  const fields = Object.entries(data as Readonly<Record<string, SnapshotData | undefined>>)
  return Object.fromEntries(
    fields
      .filter((field): field is [string, SnapshotData] => field[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, inOrder(value)]),
  )
}
