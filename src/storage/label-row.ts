import type { Label } from '../routing/outcome.ts'
import { type DecisionRow, decodeContext } from './decision-row.ts'

/** A label joined with the context of its decision and with the label it revises. */
export interface LabelRow extends Pick<DecisionRow, 'embedder_id' | 'embedding' | 'explicit'> {
  readonly sequence: number
  readonly decision_id: string
  readonly llm: string
  readonly source: string
  readonly kind: Label['kind']
  readonly value: number
  readonly offline_quality: number | null
  readonly revises_sequence: number | null
  readonly revises_kind: Label['kind'] | null
  readonly revises_value: number | null
}

/** @throws {StorageError} `storage_corrupt` */
export function decodeLabel(row: LabelRow): Label {
  const { revises_sequence: sequence, revises_kind: kind, revises_value: value } = row
  return {
    sequence: row.sequence,
    decisionId: row.decision_id,
    llm: row.llm,
    context: decodeContext(row),
    offlineQuality: row.offline_quality ?? undefined,
    source: row.source,
    kind: row.kind,
    value: row.value,
    weight: 1,
    noise: undefined,
    revises: sequence === null || kind === null || value === null ? undefined : { sequence, kind, value },
  }
}
