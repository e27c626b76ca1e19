import type { ProbeOutcome, ProbeRun } from '../routing/probe-store.ts'
import { storedInteger } from './stored-integer.ts'

/** What an LLM did with a probe, as its table holds it. */
export interface ProbeOutcomeRow {
  readonly probe_set: string
  readonly llm: string
  readonly probe_id: string
  readonly at_ms: number
  readonly quality: number | null
  readonly cost_nano_usd: number | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly completion_ms: number | null
  readonly error: string | null
}

/** An onboarding run as its table holds it. */
export interface ProbeRunRow {
  readonly id: string
  readonly llm: string
  readonly probe_set: string
  readonly started_at_ms: number
  readonly ended_at_ms: number | null
  readonly status: ProbeRun['status']
  readonly probes: number
  readonly cap_usd: number | null
  readonly report: string | null
}

/** @throws {StorageError} `storage_conflict` for a time or a cost that cannot be. */
export function encodeProbeOutcome(outcome: ProbeOutcome): ProbeOutcomeRow {
  return {
    probe_set: outcome.probeSet,
    llm: outcome.llm,
    probe_id: outcome.probeId,
    at_ms: storedInteger('time', outcome.atMs),
    quality: outcome.quality ?? null,
    cost_nano_usd: outcome.costNanoUsd === undefined ? null : storedInteger('cost', outcome.costNanoUsd),
    input_tokens: outcome.inputTokens ?? null,
    output_tokens: outcome.outputTokens ?? null,
    completion_ms: outcome.completionMs ?? null,
    error: outcome.error ?? null,
  }
}

export function decodeProbeOutcome(row: ProbeOutcomeRow): ProbeOutcome {
  return {
    llm: row.llm,
    probeSet: row.probe_set,
    probeId: row.probe_id,
    atMs: row.at_ms,
    quality: row.quality ?? undefined,
    costNanoUsd: row.cost_nano_usd ?? undefined,
    inputTokens: row.input_tokens ?? undefined,
    outputTokens: row.output_tokens ?? undefined,
    completionMs: row.completion_ms ?? undefined,
    error: row.error ?? undefined,
  }
}

/** @throws {StorageError} `storage_conflict` for a time or a number of probes that cannot be. */
export function encodeProbeRun(run: ProbeRun): ProbeRunRow {
  return {
    id: run.id,
    llm: run.llm,
    probe_set: run.probeSet,
    started_at_ms: storedInteger('time', run.startedAtMs),
    ended_at_ms: run.endedAtMs === undefined ? null : storedInteger('time', run.endedAtMs),
    status: run.status,
    probes: storedInteger('number of probes', run.probes),
    cap_usd: run.capUsd ?? null,
    report: run.report ?? null,
  }
}

export function decodeProbeRun(row: ProbeRunRow): ProbeRun {
  return {
    id: row.id,
    llm: row.llm,
    probeSet: row.probe_set,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms ?? undefined,
    status: row.status,
    probes: row.probes,
    capUsd: row.cap_usd ?? undefined,
    report: row.report ?? undefined,
  }
}
