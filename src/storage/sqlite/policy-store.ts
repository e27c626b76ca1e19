import type { Kysely } from 'kysely'
import type { PolicyVersionSummary } from '../../routing/policy-store.ts'
import type { Schema } from './schema.ts'

/** A policy version whose snapshot is encoded. */
export interface EncodedPolicyVersion extends PolicyVersionSummary {
  readonly bytes: Uint8Array
}

/** The worker's side of the policy store: snapshots are bytes here. */
export class SqlitePolicyStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  /** Versions never change: an id that is there already is a conflict. */
  async saveVersion({ id, createdAtMs, embedderId, description, bytes }: EncodedPolicyVersion): Promise<void> {
    await this.#database
      .insertInto('policy_versions')
      .values({ id, created_at_ms: createdAtMs, embedder_id: embedderId, description, snapshot: bytes })
      .execute()
  }

  async latestVersion(): Promise<EncodedPolicyVersion | undefined> {
    return this.#selectSummaries()
      .select('snapshot as bytes')
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
  }

  async version(id: string): Promise<EncodedPolicyVersion | undefined> {
    return this.#selectSummaries().select('snapshot as bytes').where('id', '=', id).executeTakeFirst()
  }

  /** Oldest first. */
  async listVersions(): Promise<readonly PolicyVersionSummary[]> {
    return this.#selectSummaries().orderBy('created_at_ms').orderBy('id').execute()
  }

  /** An embedder's id changes whenever its projection does: what is stored under an id stays. */
  async saveEmbedder(id: string, snapshot: Uint8Array): Promise<void> {
    await this.#database
      .insertInto('embedders')
      .values({ id, snapshot })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
  }

  async embedder(id: string): Promise<Uint8Array | undefined> {
    const found = await this.#database
      .selectFrom('embedders')
      .select('snapshot')
      .where('id', '=', id)
      .executeTakeFirst()
    return found?.snapshot
  }

  /** A state of fewer labels than the stored one changes nothing: a slow writer must not undo a faster one. */
  async saveLearnedState(policyVersion: string, sequence: number, state: Uint8Array): Promise<void> {
    await this.#database
      .insertInto('learned_states')
      .values({ policy_version: policyVersion, sequence, state })
      .onConflict((conflict) =>
        conflict
          .column('policy_version')
          .doUpdateSet({ sequence, state })
          .where('learned_states.sequence', '<=', sequence),
      )
      .execute()
  }

  async learnedState(policyVersion: string): Promise<{ sequence: number; state: Uint8Array } | undefined> {
    return this.#database
      .selectFrom('learned_states')
      .select(['sequence', 'state'])
      .where('policy_version', '=', policyVersion)
      .executeTakeFirst()
  }

  #selectSummaries() {
    return this.#database
      .selectFrom('policy_versions')
      .select(['id', 'created_at_ms as createdAtMs', 'embedder_id as embedderId', 'description'])
  }
}
