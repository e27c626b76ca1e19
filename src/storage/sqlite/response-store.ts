import { type Kysely, sql } from 'kysely'
import { type ChainSize, maxChainedResponses } from '../../routing/response-store.ts'
import type { EncodedResponse, ResponseRow } from '../response-row.ts'
import type { Schema } from './schema.ts'

/** The worker's side of the response store. Another key's response looks like none. */
export class SqliteResponseStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  /** An id that is there already, or a decision that is not, is a conflict. */
  async save({ row, itemIds }: EncodedResponse): Promise<void> {
    await this.#database.insertInto('stored_responses').values(row).execute()
    for (const [position, item_id] of itemIds.entries()) {
      await this.#database
        .insertInto('stored_response_items')
        .values({ item_id, response_id: row.id, position })
        .execute()
    }
  }

  async get(id: string, keyId: string | undefined): Promise<EncodedResponse | undefined> {
    const row = await this.#database
      .selectFrom('stored_responses')
      .selectAll()
      .where('id', '=', id)
      .where('key_id', 'is', keyId ?? null)
      .executeTakeFirst()
    return row === undefined ? undefined : this.#withItems(row)
  }

  /** Oldest first. */
  async chain(id: string, keyId: string | undefined): Promise<readonly EncodedResponse[]> {
    const { rows } = await sql<ResponseRow>`${chainOf(id, keyId)}
      SELECT stored_responses.* FROM chain JOIN stored_responses USING (id)
        WHERE key_id IS ${keyId ?? null} ORDER BY depth DESC`.execute(this.#database)
    const chain: EncodedResponse[] = []
    for (const row of rows) chain.push(await this.#withItems(row))
    return chain
  }

  /** `octet_length` knows the length of a text without reading it. */
  async chainSize(id: string, keyId: string | undefined): Promise<ChainSize> {
    const { rows } = await sql<ChainSize>`${chainOf(id, keyId)}
      SELECT count(*) AS responses, coalesce(sum(octet_length(input) + octet_length(response)), 0) AS bytes
        FROM chain JOIN stored_responses USING (id) WHERE key_id IS ${keyId ?? null}`.execute(this.#database)
    return rows[0] ?? { responses: 0, bytes: 0 }
  }

  /** Taken out here: a response can be many times its items. Of input and output under one id it is the output. */
  async item(itemId: string, keyId: string | undefined): Promise<string | undefined> {
    const holder = await this.#database
      .selectFrom('stored_response_items')
      .innerJoin('stored_responses', 'stored_responses.id', 'stored_response_items.response_id')
      .select('stored_responses.id')
      .where('item_id', '=', itemId)
      .where('key_id', 'is', keyId ?? null)
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (holder === undefined) return undefined
    const { rows } = await sql<{ readonly value: string }>`
      SELECT value FROM (
        SELECT 0 AS part, key, value, type FROM stored_responses, json_each(input) WHERE stored_responses.id = ${holder.id}
        UNION ALL
        SELECT 1, key, value, type FROM stored_responses, json_each(response, '$.output')
          WHERE stored_responses.id = ${holder.id}
      ) WHERE CASE type WHEN 'object' THEN json_extract(value, '$.id') END = ${itemId}
        ORDER BY part DESC, key DESC LIMIT 1`.execute(this.#database)
    return rows[0]?.value
  }

  async delete(id: string, keyId: string | undefined): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('stored_responses')
      .where('id', '=', id)
      .where('key_id', 'is', keyId ?? null)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  async #withItems(row: ResponseRow): Promise<EncodedResponse> {
    const items = await this.#database
      .selectFrom('stored_response_items')
      .select('item_id')
      .where('response_id', '=', row.id)
      .orderBy('position')
      .execute()
    return { row, itemIds: items.map(({ item_id }) => item_id) }
  }
}

/** The ids of a chain with their depths, as a table `chain`. The end of a chain is bounded: no circle can be, but this asks nobody. */
function chainOf(id: string, keyId: string | undefined) {
  return sql`
    WITH RECURSIVE chain (id, depth) AS (
      SELECT ${id}, 0
      UNION ALL
      SELECT previous_id, depth + 1 FROM stored_responses JOIN chain USING (id)
        WHERE previous_id IS NOT NULL AND key_id IS ${keyId ?? null} AND depth < ${sql.lit(maxChainedResponses)}
    )`
}
