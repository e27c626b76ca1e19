import type { SnapshotData } from '../../policy-store.ts'
import { arrayField, numberField, requireSnapshot, type SnapshotFields } from '../snapshot-fields.ts'
import type { ProbeEstimates } from './universal-estimators.ts'

/** An LLM that nothing was trained on, as its labelled probes describe it. Plain numbers: it can be written as JSON. */
export interface LlmDescription extends Omit<ProbeEstimates, 'levels'> {
  readonly formatVersion: 1
  readonly kind: 'llm-description'
  /** Mean quality over the training prompts, [0, 1]; `labels` is N. */
  readonly level: number
  /** Its standard error. */
  readonly levelError: number
  /** Of shrunk clusters, fold-in, anchored fold-in; ≥ 0, sum 1. */
  readonly weights: readonly number[]
  /** κ(N) in [0, 1]: how much of a request's deviation from the level is believed. */
  readonly trust: number
}

/** A copy as snapshot data. */
export function snapshotDescription(description: LlmDescription): SnapshotData {
  return { ...description, weights: [...description.weights] }
}

/** @throws {RoutingError} `unknown_snapshot_format` */
export function restoreDescription(data: SnapshotData): LlmDescription {
  const fields = requireSnapshot(data, 'llm-description')
  return {
    formatVersion: 1,
    kind: 'llm-description',
    labels: numberField(fields, 'labels'),
    level: numberField(fields, 'level'),
    levelError: numberField(fields, 'levelError'),
    weights: numbersField(fields, 'weights'),
    trust: numberField(fields, 'trust'),
    clusterDeviations: numbersField(fields, 'clusterDeviations'),
    foldIn: numbersField(fields, 'foldIn'),
    anchored: numbersField(fields, 'anchored'),
  }
}

/** @throws {RoutingError} `unknown_snapshot_format` when it is no array of numbers. */
export function numbersField(fields: SnapshotFields, name: string): number[] {
  return arrayField(fields, name).map((value) => numberField({ [name]: value }, name))
}
