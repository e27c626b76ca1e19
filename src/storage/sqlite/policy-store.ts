import { type Kysely, sql } from 'kysely'
import type { PolicyVersionSummary } from '../../routing/policy-store.ts'
import type { Schema } from './schema.ts'

/** A policy version whose snapshot is encoded. */
export interface EncodedPolicyVersion extends PolicyVersionSummary {
  readonly bytes: Uint8Array
}

/** A version's own columns. */
export interface PolicyVersionRow {
  readonly id: string
  readonly createdAtMs: number
  readonly embedderId: string
  readonly description: string
  readonly origin: NonNullable<PolicyVersionSummary['origin']> | null
  readonly parentId: string | null
  readonly throughSequence: number | null
}

/** What a fit can be made anew from. */
export interface EncodedTrainingRows {
  readonly embedderId: string
  readonly description: string
  readonly data: Uint8Array
}

/** The worker's side of the policy store: snapshots are bytes here. */
export class SqlitePolicyStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  /** Versions never change: an id that is there already is a conflict. */
  async saveVersion({ bytes, ...version }: EncodedPolicyVersion): Promise<void> {
    await this.#database
      .insertInto('policy_versions')
      .values({
        id: version.id,
        created_at_ms: version.createdAtMs,
        embedder_id: version.embedderId,
        description: version.description,
        snapshot: bytes,
        origin: version.origin ?? null,
        parent_id: version.parentId ?? null,
        through_sequence: version.throughSequence ?? null,
      })
      .execute()
  }

  async latestVersion(): Promise<(PolicyVersionRow & { readonly bytes: Uint8Array }) | undefined> {
    return this.#selectSummaries()
      .select('snapshot as bytes')
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
  }

  async version(id: string): Promise<(PolicyVersionRow & { readonly bytes: Uint8Array }) | undefined> {
    return this.#selectSummaries().select('snapshot as bytes').where('id', '=', id).executeTakeFirst()
  }

  /** Oldest first. */
  async listVersions(): Promise<readonly PolicyVersionRow[]> {
    return this.#selectSummaries().orderBy('created_at_ms').orderBy('id').execute()
  }

  /** An embedder's id changes whenever its projection does: what is stored under an id stays. */
  async saveEmbedder(id: string, snapshot: Uint8Array): Promise<void> {
    await this.#database
      .insertInto('embedders')
      .values({ id, snapshot, unneeded_after: null })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ unneeded_after: null }))
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

  /** One set is kept. */
  async saveTrainingRows({ embedderId, description, data }: EncodedTrainingRows): Promise<void> {
    await this.#database
      .replaceInto('training_rows')
      .values({ id: 1, embedder_id: embedderId, description, data })
      .execute()
  }

  trainingRows(): Promise<EncodedTrainingRows | undefined> {
    return this.#database
      .selectFrom('training_rows')
      .select(['embedder_id as embedderId', 'description', 'data'])
      .executeTakeFirst()
  }

  /** Neither the version that serves nor the one on trial ever goes. Returns the ids that went, oldest first. */
  async prune(keep: number, always: readonly string[]): Promise<readonly string[]> {
    const old = await this.#selectSummaries()
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(-1)
      .offset(keep)
      .execute()
    const { serving_id, candidate_id } = await this.#database
      .selectFrom('policy_rollout')
      .select(['serving_id', 'candidate_id'])
      .executeTakeFirstOrThrow()
    const kept = new Set([...always, serving_id, candidate_id])
    const gone = old.filter(({ id }) => !kept.has(id)).reverse()
    const ids = gone.map(({ id }) => id)
    if (ids.length > 0) {
      await this.#database.deleteFrom('learned_states').where('policy_version', 'in', ids).execute()
      await this.#database.deleteFrom('policy_versions').where('id', 'in', ids).execute()
      await this.#release(gone.map(({ embedderId }) => embedderId))
    }
    await this.#pruneEmbedders()
    return ids
  }

  /** Marks which decisions may still need an embedder: those made so far. */
  async #release(embedderIds: readonly string[]): Promise<void> {
    await this.#database
      .updateTable('embedders')
      .set({ unneeded_after: sql<number>`(SELECT coalesce(max(rowid), 0) FROM decisions)` })
      .where('id', 'in', embedderIds)
      .execute()
  }

  async #pruneEmbedders(): Promise<void> {
    await this.#database
      .deleteFrom('embedders')
      .where('id', 'not in', (from) => from.selectFrom('policy_versions').select('embedder_id'))
      .where('id', 'not in', (from) => from.selectFrom('training_rows').select('embedder_id'))
      .where('unneeded_after', 'is not', null)
      .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.rowid <= embedders.unneeded_after)`)
      .execute()
  }

  #selectSummaries() {
    return this.#database
      .selectFrom('policy_versions')
      .select(['id', 'created_at_ms as createdAtMs', 'embedder_id as embedderId', 'description'])
      .select(['origin', 'parent_id as parentId', 'through_sequence as throughSequence'])
  }
}
