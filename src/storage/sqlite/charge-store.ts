import { type Kysely, sql } from 'kysely'
import type { ChargeEndRow, ChargeRow } from '../charge-row.ts'
import { StorageError } from '../storage-error.ts'
import type { Schema } from './schema.ts'

/** The worker's side of the charge store. */
export class SqliteChargeStore {
  readonly #database: Kysely<Schema>
  readonly #bookedBy: string | null

  /** @param bookedBy whose charges these are; null: the gateway's. */
  constructor(database: Kysely<Schema>, bookedBy: string | null) {
    this.#database = database
    this.#bookedBy = bookedBy
  }

  async append(row: ChargeRow): Promise<void> {
    await this.#database
      .insertInto('charges')
      .values({ ...row, booked_by: this.#bookedBy })
      .execute()
  }

  /** Only the first settlement of a charge counts. @throws {StorageError} `storage_conflict` when there is no such charge. */
  async settle(id: string, end: ChargeEndRow): Promise<void> {
    const { numUpdatedRows } = await this.#database
      .updateTable('charges')
      .set(end)
      .where('id', '=', id)
      .where('settled_at_ms', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n || (await this.get(id)) !== undefined) return
    throw new StorageError('storage_conflict', `There is no charge '${id}' to settle`)
  }

  get(id: string): Promise<ChargeRow | undefined> {
    return this.#database.selectFrom('charges').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** `total()` rather than `sum()`, as for decisions: exact up to 2^53, and it never fails. */
  async spentNanoUsd(sinceMs: number, keyId: string | undefined): Promise<number> {
    let spent = this.#database
      .selectFrom('charges')
      .select(sql<number>`total(coalesce(cost_nano_usd, reserved_nano_usd))`.as('total'))
      .where('created_at_ms', '>=', sinceMs)
    if (keyId !== undefined) spent = spent.where('key_id', '=', keyId)
    return (await spent.executeTakeFirstOrThrow()).total
  }

  /**
   * What others booked by charges: for the gateway those of commands, which an index of their own answers; for a command
   * all but its own.
   */
  async spentByOthersNanoUsd(sinceMs: number): Promise<number> {
    const beside = await this.#spentBeside(sinceMs)
    if (this.#bookedBy === null) return beside
    return (await this.spentNanoUsd(sinceMs, undefined)) - (await this.#spentBeside(sinceMs, this.#bookedBy))
  }

  /** Of commands, or of one. */
  async #spentBeside(sinceMs: number, command?: string): Promise<number> {
    const spent = this.#database
      .selectFrom('charges')
      .select(sql<number>`total(coalesce(cost_nano_usd, reserved_nano_usd))`.as('total'))
      .where('created_at_ms', '>=', sinceMs)
      .where('booked_by', 'is not', null)
    const counted = command === undefined ? spent : spent.where('booked_by', '=', command)
    return (await counted.executeTakeFirstOrThrow()).total
  }

  /** Deletes at most `limit`, oldest first; returns how many went. */
  async pruneSome(beforeMs: number, limit: number): Promise<number> {
    const oldest = this.#database
      .selectFrom('charges')
      .select('id')
      .where('created_at_ms', '<', beforeMs)
      .orderBy('created_at_ms')
      .limit(limit)
    const { numDeletedRows } = await this.#database
      .deleteFrom('charges')
      .where('id', 'in', oldest)
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }
}
