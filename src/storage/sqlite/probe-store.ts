import type { Kysely } from 'kysely'
import type { ProbeOutcomeRow, ProbeRunRow } from '../probe-row.ts'
import type { Schema } from './schema.ts'

/** The worker's side of the probe store. */
export class SqliteProbeStore {
  readonly #database: Kysely<Schema>

  constructor(database: Kysely<Schema>) {
    this.#database = database
  }

  async saveOutcome(row: ProbeOutcomeRow): Promise<void> {
    await this.#database.replaceInto('probe_outcomes').values(row).execute()
  }

  async outcomes(probeSet: string, llm: string | undefined): Promise<readonly ProbeOutcomeRow[]> {
    let found = this.#database.selectFrom('probe_outcomes').selectAll().where('probe_set', '=', probeSet)
    if (llm !== undefined) found = found.where('llm', '=', llm)
    return found.orderBy('llm').orderBy('probe_id').execute()
  }

  async forget(llm: string): Promise<number> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('probe_outcomes')
      .where('llm', '=', llm)
      .executeTakeFirstOrThrow()
    return Number(numDeletedRows)
  }

  async saveRun(row: ProbeRunRow): Promise<void> {
    await this.#database.replaceInto('probe_runs').values(row).execute()
  }

  run(id: string): Promise<ProbeRunRow | undefined> {
    return this.#database.selectFrom('probe_runs').selectAll().where('id', '=', id).executeTakeFirst()
  }

  runs(limit: number): Promise<readonly ProbeRunRow[]> {
    return this.#database
      .selectFrom('probe_runs')
      .selectAll()
      .orderBy('started_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  }
}
