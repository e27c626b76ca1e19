import type { LlmId } from './registry/llm.ts'

/** What one LLM did with one probe. */
export interface ProbeOutcome {
  readonly llm: LlmId
  /** Id of the set, which says its content. */
  readonly probeSet: string
  readonly probeId: string
  readonly atMs: number
  /** [0, 1]; undefined: not known, as the call failed or the answer could not be graded. */
  readonly quality: number | undefined
  /** Integer nano-USD; undefined: not known. */
  readonly costNanoUsd: number | undefined
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly completionMs: number | undefined
  /** Why there is no quality, for people. */
  readonly error: string | undefined
}

/** One onboarding: an LLM and the probes it is asked. */
export interface ProbeRun {
  readonly id: string
  readonly llm: LlmId
  readonly probeSet: string
  readonly startedAtMs: number
  readonly endedAtMs: number | undefined
  /** `running` in a store that nobody has open was interrupted, and can go on. */
  readonly status: 'running' | 'admitted' | 'refused' | 'stopped'
  readonly probes: number
  /** USD; undefined: none. */
  readonly capUsd: number | undefined
  /** What came of it, as its owner writes it (JSON). */
  readonly report: string | undefined
}

/** Outcomes of probes, each committed on its own, so that a run that was killed goes on where it was. */
export interface ProbeStore {
  /** In place of an earlier outcome of the same LLM, set and probe. */
  saveOutcome(outcome: ProbeOutcome): Promise<void>
  outcomes(probeSet: string, llm?: LlmId): Promise<readonly ProbeOutcome[]>
  /** Of every set; for an LLM that is to be asked everything anew. Returns how many went. */
  forget(llm: LlmId): Promise<number>
  /** A run of that id is replaced. */
  saveRun(run: ProbeRun): Promise<void>
  run(id: string): Promise<ProbeRun | undefined>
  /** Latest first. */
  runs(limit: number): Promise<readonly ProbeRun[]>
}
