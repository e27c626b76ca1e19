import type { Kysely } from 'kysely'
import { isSameRollout, type RolloutEventRow, type RolloutRow } from '../rollout-row.ts'
import { StorageError } from '../storage-error.ts'
import type { Schema } from './schema.ts'

/** The worker's side of rollouts: which version serves and which is on trial. */
export class SqliteRolloutStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  rollout(): Promise<RolloutRow> {
    return this.#database
      .selectFrom('policy_rollout')
      .select(['serving_id', 'trials', 'candidate_id', 'phase', 'since_ms', 'reason', 'trial', 'evidence'])
      .executeTakeFirstOrThrow()
  }

  /** Its caller runs it in a transaction. @throws {StorageError} `storage_conflict` when the rollout is not `expected`. */
  async change(expected: RolloutRow, next: RolloutRow, event: RolloutEventRow | undefined): Promise<void> {
    if (!isSameRollout(await this.rollout(), expected)) {
      throw new StorageError('storage_conflict', 'The rollout was changed meanwhile; look at it again')
    }
    await this.#database.updateTable('policy_rollout').set(next).execute()
    if (event !== undefined) await this.#database.insertInto('rollout_events').values(event).execute()
  }

  /** Newest first. */
  events(limit: number): Promise<readonly RolloutEventRow[]> {
    return this.#database
      .selectFrom('rollout_events')
      .select(['at_ms', 'version', 'kind', 'detail'])
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  }
}
