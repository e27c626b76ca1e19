import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * A query that is compiled once and run with other parameters each time. Building a wide insert anew costs Kysely more
 * than SQLite needs to run it, so the statements of every request are fixed ones.
 */
export class FixedQuery<Row extends object, Result> {
  readonly #database: Kysely<Schema>
  readonly #query: CompiledQuery<Result>
  readonly #columns: readonly (keyof Row)[]

  /**
   * @param columns one per parameter of the query, in their order.
   * @param compile makes the query from a row that stands for all; what its values are does not matter.
   */
  constructor(database: Kysely<Schema>, columns: readonly (keyof Row)[], compile: (row: Row) => CompiledQuery<Result>) {
    this.#database = database
    this.#columns = columns
    this.#query = compile(Object.fromEntries(columns.map((column) => [column, 0])) as Row)
    if (this.#query.parameters.length !== columns.length) {
      throw new Error(`The query has ${this.#query.parameters.length} parameters for ${columns.length} columns`)
    }
  }

  /** @returns the rows that the query returns, if it does. */
  async run(row: Row): Promise<readonly Result[]> {
    const parameters = this.#columns.map((column) => row[column])
    const { rows } = await this.#database.executeQuery<Result>({ ...this.#query, parameters })
    return rows
  }
}
