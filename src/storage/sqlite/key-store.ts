import type { Kysely } from 'kysely'
import type { ApiKeyRow } from '../api-key-row.ts'
import type { Schema } from './schema.ts'

/** The worker's side of the key store. */
export class SqliteKeyStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  /** An id or secret that is there already is a conflict. */
  async create(row: ApiKeyRow): Promise<void> {
    await this.#database.insertInto('api_keys').values(row).execute()
  }

  /** Oldest first, revoked ones included. */
  async list(): Promise<readonly ApiKeyRow[]> {
    return this.#database.selectFrom('api_keys').selectAll().orderBy('created_at_ms').orderBy('id').execute()
  }

  async revoke(id: string, atMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('api_keys')
      .set({ revoked_at_ms: atMs })
      .where('id', '=', id)
      .where('revoked_at_ms', 'is', null)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0n
  }
}
