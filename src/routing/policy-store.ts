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
}

export interface StoredPolicyVersion extends PolicyVersionSummary {
  readonly snapshot: SnapshotData
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
  /** The state after folding labels 1 … sequence onto that version; the latest replaces earlier ones. */
  saveLearnedState(policyVersion: string, sequence: number, state: SnapshotData): Promise<void>
  learnedState(policyVersion: string): Promise<{ readonly sequence: number; readonly state: SnapshotData } | undefined>
}
