import type {
  PolicyRollout,
  PolicyStore,
  RolloutEvent,
  SnapshotData,
  StoredPolicyVersion,
} from '../../routing/policy-store.ts'

/** A policy store that forgets at the end. */
export class MemoryPolicyStore implements PolicyStore {
  readonly versions: StoredPolicyVersion[] = []
  readonly embedders = new Map<string, SnapshotData>()
  readonly states = new Map<string, { readonly sequence: number; readonly state: SnapshotData }>()
  readonly events: RolloutEvent[] = []
  #rollout: PolicyRollout = { servingId: undefined, candidate: undefined, trials: 0 }
  #rows: Awaited<ReturnType<PolicyStore['trainingRows']>>

  async saveVersion(version: StoredPolicyVersion): Promise<void> {
    this.versions.push(version)
  }

  async latestVersion(): Promise<StoredPolicyVersion | undefined> {
    return this.versions.at(-1)
  }

  async version(id: string): Promise<StoredPolicyVersion | undefined> {
    return this.versions.find((version) => version.id === id)
  }

  async listVersions(): Promise<readonly StoredPolicyVersion[]> {
    return this.versions
  }

  async saveEmbedder(id: string, snapshot: SnapshotData): Promise<void> {
    this.embedders.set(id, snapshot)
  }

  async embedder(id: string): Promise<SnapshotData | undefined> {
    return this.embedders.get(id)
  }

  async rollout(): Promise<PolicyRollout> {
    return this.#rollout
  }

  async changeRollout(expected: PolicyRollout, next: PolicyRollout, event: RolloutEvent | undefined): Promise<void> {
    if (JSON.stringify(expected) !== JSON.stringify(this.#rollout)) {
      throw Object.assign(new Error('The rollout has changed'), { code: 'storage_conflict' })
    }
    this.#rollout = next
    if (event !== undefined) this.events.unshift(event)
  }

  async rolloutEvents(limit: number): Promise<readonly RolloutEvent[]> {
    return this.events.slice(0, limit)
  }

  async pruneVersions(keep: number, always: readonly string[]): Promise<readonly string[]> {
    const old = this.versions.slice(0, Math.max(0, this.versions.length - keep))
    const gone = old.map(({ id }) => id).filter((id) => !always.includes(id))
    for (const id of gone) {
      this.versions.splice(
        this.versions.findIndex((version) => version.id === id),
        1,
      )
      this.states.delete(id)
    }
    return gone
  }

  async saveTrainingRows(rows: NonNullable<Awaited<ReturnType<PolicyStore['trainingRows']>>>): Promise<void> {
    this.#rows = rows
  }

  async trainingRows(): ReturnType<PolicyStore['trainingRows']> {
    return this.#rows
  }

  async saveLearnedState(version: string, sequence: number, state: SnapshotData): Promise<void> {
    this.states.set(version, { sequence, state })
  }

  async learnedState(version: string): ReturnType<PolicyStore['learnedState']> {
    return this.states.get(version)
  }
}
