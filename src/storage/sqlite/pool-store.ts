import type { Kysely } from 'kysely'
import type { PoolEntryRow, PoolOverrideRow } from '../pool-entry-row.ts'
import type { Schema } from './schema.ts'

/** The worker's side of the pool store. */
export class SqlitePoolStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  /** An id that is there already is a conflict. */
  async add(row: PoolEntryRow): Promise<void> {
    await this.#database.insertInto('pool_entries').values(row).execute()
  }

  async list(): Promise<readonly PoolEntryRow[]> {
    return this.#database.selectFrom('pool_entries').selectAll().orderBy('created_at_ms').orderBy('id').execute()
  }

  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('pool_entries')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  async overrides(): Promise<readonly PoolOverrideRow[]> {
    return this.#database.selectFrom('pool_overrides').selectAll().orderBy('id').execute()
  }

  async setOverride(row: PoolOverrideRow): Promise<void> {
    if (row.paused === 0 && row.price === null) {
      await this.#database.deleteFrom('pool_overrides').where('id', '=', row.id).execute()
    } else {
      await this.#database.replaceInto('pool_overrides').values(row).execute()
    }
  }
}
