/** Plain data: objects, arrays, numbers, strings, booleans, null and typed arrays. */
export type SnapshotData =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Float64Array
  | Int8Array
  | Int32Array
  | Uint8Array
  | readonly SnapshotData[]
  | { readonly [field: string]: SnapshotData | undefined }

export interface PolicyVersionSummary {
  readonly id: string
  readonly createdAtMs: number
  readonly embedderId: string
  /** What it was fitted on, for people. */
  readonly description: string
  /** Default: fitted on outcome data by hand. `refit`: by the trainer, labels in it. `onboarding`: another version and an LLM described by its probes. */
  readonly origin?: 'fit' | 'refit' | 'onboarding' | undefined
  /** The version it was made from. */
  readonly parentId?: string | undefined
  /** Labels up to this sequence are in the fit itself: what is learned online begins after it. Default 0. */
  readonly throughSequence?: number | undefined
}

export interface StoredPolicyVersion extends PolicyVersionSummary {
  readonly snapshot: SnapshotData
}

/** A version that has to prove itself. */
export interface RolloutCandidate {
  readonly id: string
  /** `held`: it failed, or waits for a person; `reason` says which. */
  readonly phase: 'shadow' | 'canary' | 'held'
  readonly sinceMs: number
  readonly reason: string | undefined
  /** Its place k among the candidates tried so far, from 1: α is split over them. */
  readonly trial: number
  /** What its test has come to, as its owner writes it. */
  readonly evidence: SnapshotData | undefined
}

/** Which version serves, and which one is on trial. */
export interface PolicyRollout {
  /** Undefined: the newest version that was never a candidate. */
  readonly servingId: string | undefined
  readonly candidate: RolloutCandidate | undefined
  /** Candidates tried so far. */
  readonly trials: number
}

/** One step of a rollout, for people. */
export interface RolloutEvent {
  readonly atMs: number
  readonly version: string
  readonly kind: 'released' | 'shadow' | 'canary' | 'promoted' | 'held' | 'rolled-back' | 'discarded'
  readonly detail: string
}

/** Fitted policy versions, embedder projections (once per embedder id) and learned state. Snapshots come back bit for bit. */
export interface PolicyStore {
  saveVersion(version: StoredPolicyVersion): Promise<void>
  latestVersion(): Promise<StoredPolicyVersion | undefined>
  version(id: string): Promise<StoredPolicyVersion | undefined>
  /** Oldest first. */
  listVersions(): Promise<readonly PolicyVersionSummary[]>
  saveEmbedder(embedderId: string, snapshot: SnapshotData): Promise<void>
  embedder(embedderId: string): Promise<SnapshotData | undefined>
  rollout(): Promise<PolicyRollout>
  /**
   * Writes the new state and what happened in one transaction. Rejects with `storage_conflict` when the rollout is no longer `expected`.
   * @param event undefined: nothing for people to know, only evidence that grew.
   */
  changeRollout(expected: PolicyRollout, next: PolicyRollout, event: RolloutEvent | undefined): Promise<void>
  /** Newest first. */
  rolloutEvents(limit: number): Promise<readonly RolloutEvent[]>
  /**
   * Deletes all but the newest `keep` versions, those named, the one that serves and the one on trial, with their learned states; embedders that a
   * decision, label, version or the training rows may still need stay. Returns the ids that went.
   */
  pruneVersions(keep: number, always: readonly string[]): Promise<readonly string[]>
  /** What a version was fitted on, so that the trainer can fit it anew with more labels; one set is kept. */
  saveTrainingRows(rows: {
    readonly embedderId: string
    readonly description: string
    readonly data: SnapshotData
  }): Promise<void>
  trainingRows(): Promise<
    { readonly embedderId: string; readonly description: string; readonly data: SnapshotData } | undefined
  >
  /** The state after folding labels 1 … sequence onto that version; the latest replaces earlier ones. */
  saveLearnedState(policyVersion: string, sequence: number, state: SnapshotData): Promise<void>
  learnedState(policyVersion: string): Promise<{ readonly sequence: number; readonly state: SnapshotData } | undefined>
}
