import type { StoredLabel } from '../routing/feedback-store.ts'
import type { Label, RevisedLabel } from '../routing/outcome.ts'
import { type DecisionRow, decodeContext } from './decision-row.ts'

/** A label joined with the context of its decision and with the label it revises. */
export interface LabelRow extends Pick<DecisionRow, 'embedder_id' | 'embedding' | 'explicit'> {
  readonly sequence: number
  readonly decision_id: string
  readonly llm: string
  readonly source: string
  /** The key that posted it. */
  readonly key_id: string | null
  readonly kind: Label['kind']
  readonly value: number
  readonly offline_quality: number | null
  readonly weight: number
  readonly noise: number | null
  readonly revises_sequence: number | null
  readonly revises_kind: Label['kind'] | null
  readonly revises_value: number | null
  readonly revises_weight: number | null
  readonly revises_noise: number | null
}

/** With what learning does not ask for. */
export interface StoredLabelRow extends LabelRow {
  readonly received_at_ms: number
}

/** @throws {StorageError} `storage_corrupt` */
export function decodeLabel(row: LabelRow): Label {
  return {
    sequence: row.sequence,
    decisionId: row.decision_id,
    llm: row.llm,
    context: decodeContext(row),
    offlineQuality: row.offline_quality ?? undefined,
    source: row.source,
    keyId: row.key_id ?? undefined,
    kind: row.kind,
    value: row.value,
    weight: row.weight,
    noise: row.noise ?? undefined,
    revises: decodeRevised(row),
  }
}

/** @throws {StorageError} `storage_corrupt` */
export function decodeStoredLabel(row: StoredLabelRow): StoredLabel {
  const label = decodeLabel(row)
  return { ...label, receivedAtMs: row.received_at_ms, keyId: label.keyId }
}

function decodeRevised(row: LabelRow): RevisedLabel | undefined {
  const { revises_sequence: sequence, revises_kind: kind, revises_value: value, revises_weight: weight } = row
  if (sequence === null || kind === null || value === null || weight === null) return undefined
  return { sequence, kind, value, weight, noise: row.revises_noise ?? undefined }
}
